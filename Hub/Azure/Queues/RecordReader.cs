using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Amqp;
using Muster.Amqp;
using Muster.CloudToDevice;

namespace Muster.Upstream;

/// <summary>
/// Messages of the hub's queues as records. A record's id is made of what it says: a hub may put what it delivers again into other messages, with other
/// ids. Pure.
/// </summary>
internal static class RecordReader
{
    /// <summary>The records in order; empty if there are none to be found in it.</summary>
    /// <param name="queue">One of <see cref="ServiceQueues"/>.</param>
    /// <param name="message">As it came.</param>
    /// <param name="now">When a record came about that does not say so.</param>
    internal static ImmutableArray<ServiceRecord> Read(string queue, Message message, DateTimeOffset now)
    {
        if (!MessageParts.TryBody(message, out var body))
        {
            return [];
        }

        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind switch
            {
                JsonValueKind.Array => [.. Records(queue, json.RootElement.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.Object), now)],
                JsonValueKind.Object => [.. Records(queue, [json.RootElement], now)],
                _ => [],
            };
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static IEnumerable<ServiceRecord> Records(string queue, IEnumerable<JsonElement> items, DateTimeOffset now)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            var text = item.GetRawText();
            var times = seen.GetValueOrDefault(text);
            seen[text] = times + 1;
            yield return new ServiceRecord { Id = IdOf($"{queue}\n{times}\n{text}"), At = TimeOf(item) ?? now, Body = Encoding.UTF8.GetBytes(text) };
        }
    }

    private static Guid IdOf(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static DateTimeOffset? TimeOf(JsonElement item) =>
        item.TryGetProperty("enqueuedTimeUtc", out var time) && time.ValueKind == JsonValueKind.String && time.TryGetDateTimeOffset(out var at)
            ? at.ToUniversalTime()
            : null;
}
