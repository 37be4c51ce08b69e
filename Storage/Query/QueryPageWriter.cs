using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muster.Fleet;
using Muster.Json;
using Muster.Query;
using Muster.Twins;

namespace Muster.Storage.Query;

/// <summary>Turns the rows of a statement into one page.</summary>
internal sealed class QueryPageWriter : IDisposable
{
    private static readonly JsonWriterOptions GroupOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly PageRequest page;
    private readonly TwinQuery query;
    private readonly int maxBytes;
    private readonly ArrayBufferWriter<byte> items = new(4096);
    private readonly ArrayBufferWriter<byte> twin = new(4096);
    private readonly TwinProjection? projection;
    private readonly ImmutableArray<(JsonEncodedText Name, int Number, bool IsKey)> groupItems;
    private readonly Utf8JsonWriter groups;
    private int count;
    private long last;
    private bool more;

    /// <param name="page">What is wanted; the statement has one row more where there is one.</param>
    /// <param name="maxBytes">The page ends behind the item that reaches this.</param>
    public QueryPageWriter(PageRequest page, int maxBytes)
    {
        (this.page, query, this.maxBytes, last) = (page, page.Query, maxBytes, page.Start.After);
        projection = query.SelectsAll || query.Aggregates ? null : new TwinProjection(query.Items);
        groupItems = query.Aggregates ? GroupItems(query) : [];
        groups = new Utf8JsonWriter(items, GroupOptions);
    }

    /// <summary>Takes the row in, or finds the page full: then there is another page.</summary>
    public bool TryAdd(IQueryRow row)
    {
        more = count == page.Size || items.WrittenCount >= maxBytes;
        if (more)
        {
            return false;
        }

        items.Write(count++ == 0 ? "["u8 : ","u8);
        last = query.Aggregates ? last + 1 : row.Id;
        WriteItem(row);
        return true;
    }

    public QueryPage End()
    {
        items.Write(count == 0 ? "[]"u8 : "]"u8);
        var returned = page.Start.Returned + count;
        var next = more && returned < (query.Top ?? long.MaxValue) ? new QueryContinuation(returned, last).ToText(query) : null;
        return new QueryPage(query.SelectsAll ? QueryItemType.Twin : QueryItemType.Raw, new JsonUtf8(items.WrittenSpan.ToArray()), next);
    }

    public void Dispose() => groups.Dispose();

    private void WriteItem(IQueryRow row)
    {
        if (query.Aggregates)
        {
            WriteGroup(row);
            return;
        }

        var device = row.Device();
        if (projection is null)
        {
            TwinDocument.WriteService(items, device.Key, device.State);
            return;
        }

        twin.ResetWrittenCount();
        TwinDocument.WriteService(twin, device.Key, device.State);
        projection.Write(items, twin.WrittenSpan);
    }

    private void WriteGroup(IQueryRow row)
    {
        groups.Reset(items);
        groups.WriteStartObject();
        foreach (var (name, number, isKey) in groupItems)
        {
            if (isKey)
            {
                row.WriteKey(groups, name, number);
            }
            else
            {
                row.WriteAggregate(groups, name, number);
            }
        }

        groups.WriteEndObject();
        groups.Flush();
    }

    private static ImmutableArray<(JsonEncodedText Name, int Number, bool IsKey)> GroupItems(TwinQuery query)
    {
        var aggregates = 0;
        return
        [
            .. query.Items.Select(item => (
                JsonEncodedText.Encode(item.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping),
                item is SelectItem.Value value ? KeyOf(query, value.Path) : aggregates++,
                item is SelectItem.Value)),
        ];
    }

    private static int KeyOf(TwinQuery query, QueryPath path) => query.GroupBy.Index().First(key => key.Item.IsSamePlace(path)).Index;
}
