using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muster.Fleet;
using Muster.Json;
using Muster.Query;
using Muster.Twins;

namespace Muster.Storage.Sqlite;

/// <summary>Turns the rows of a statement into one page.</summary>
internal sealed class QueryPageWriter : IDisposable
{
    private static readonly JsonWriterOptions GroupOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly TwinQuery query;
    private readonly int maxBytes;
    private readonly int size;
    private readonly ArrayBufferWriter<byte> items = new(4096);
    private readonly ArrayBufferWriter<byte> twin = new(4096);
    private readonly DeviceRowReader rows = new();
    private readonly TwinProjection? projection;
    private readonly ImmutableArray<(JsonEncodedText Name, int Column, bool IsKey)> groupItems;
    private readonly Utf8JsonWriter groups;

    /// <param name="query">What the rows answer.</param>
    /// <param name="maxBytes">The page ends behind the item that reaches this.</param>
    /// <param name="size">The most items, at least 1; the statement has one row more where there is one.</param>
    public QueryPageWriter(TwinQuery query, int maxBytes, int size)
    {
        (this.query, this.maxBytes, this.size) = (query, maxBytes, size);
        projection = query.SelectsAll || query.Aggregates ? null : new TwinProjection(query.Items);
        groupItems = query.Aggregates ? GroupItems(query) : [];
        groups = new Utf8JsonWriter(items, GroupOptions);
    }

    public QueryPage Fill(SqliteStatement statement, QueryContinuation start)
    {
        items.Write("["u8);
        var (count, last, more) = (0, start.After, false);
        while (statement.Step())
        {
            more = count == size || items.WrittenCount >= maxBytes;
            if (more)
            {
                break;
            }

            items.Write(count++ == 0 ? ""u8 : ","u8);
            last = query.Aggregates ? last + 1 : rows.Id(statement);
            WriteItem(statement);
        }

        items.Write("]"u8);
        var returned = start.Returned + count;
        var next = more && returned < (query.Top ?? long.MaxValue) ? new QueryContinuation(returned, last).ToText(query) : null;
        return new QueryPage(query.SelectsAll ? QueryItemType.Twin : QueryItemType.Raw, new JsonUtf8(items.WrittenSpan.ToArray()), next);
    }

    public void Dispose() => groups.Dispose();

    private void WriteItem(SqliteStatement statement)
    {
        if (query.Aggregates)
        {
            WriteGroup(statement);
            return;
        }

        var row = rows.Read(statement);
        if (projection is null)
        {
            TwinDocument.WriteService(items, row.Key, row.State);
            return;
        }

        twin.ResetWrittenCount();
        TwinDocument.WriteService(twin, row.Key, row.State);
        projection.Write(items, twin.WrittenSpan);
    }

    private void WriteGroup(SqliteStatement statement)
    {
        groups.Reset(items);
        groups.WriteStartObject();
        foreach (var (name, column, isKey) in groupItems)
        {
            if (isKey)
            {
                GroupKey.Write(groups, name, statement, column);
            }
            else if (!statement.IsNull(column))
            {
                groups.WritePropertyName(name);
                GroupKey.WriteValue(groups, statement, column);
            }
        }

        groups.WriteEndObject();
        groups.Flush();
    }

    // Keys take two columns each, in the order of GROUP BY; aggregates one each behind them, in the order of the list.
    private static ImmutableArray<(JsonEncodedText Name, int Column, bool IsKey)> GroupItems(TwinQuery query)
    {
        var aggregates = 2 * query.GroupBy.Length;
        return
        [
            .. query.Items.Select(item => (
                JsonEncodedText.Encode(item.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping),
                item is SelectItem.Value value ? 2 * KeyOf(query, value.Path) : aggregates++,
                item is SelectItem.Value)),
        ];
    }

    private static int KeyOf(TwinQuery query, QueryPath path) => query.GroupBy.Index().First(key => key.Item.IsSamePlace(path)).Index;
}
