using System.Collections.Immutable;
using System.Text.Json;
using Muster.Devices;
using Muster.Telemetry;
using Muster.Twins;

namespace Muster.Routing;

/// <summary>Reads the twins of those who sent a batch: each once, a few at the same time.</summary>
internal sealed class SenderTwins(Func<string, Task<TwinReply>> read)
{
    private const int AtOnce = 16;

    internal static TwinDocuments None { get; } = new([]);

    /// <exception cref="Exception">A twin could not be read; that it is not there is no fault.</exception>
    internal async Task<TwinDocuments> ReadAsync(ImmutableArray<StoredEvent> events, CancellationToken cancellationToken)
    {
        var twins = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var keys in events.Select(TwinDocuments.Key).Distinct(StringComparer.Ordinal).Chunk(AtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var replies = await Task.WhenAll(keys.Select(read));
            for (var i = 0; i < keys.Length; i++)
            {
                if (replies[i] is TwinReply.Found found)
                {
                    twins[keys[i]] = JsonElement.Parse(found.Twin.Span);
                }
            }

            // Local calls run on the thread that makes them: without a turn for others, theirs time out.
            await Task.Yield();
        }

        return new TwinDocuments(twins);
    }
}

/// <summary>Twins by device or module.</summary>
internal sealed class TwinDocuments(Dictionary<string, JsonElement> byKey)
{
    /// <summary>Null if there is none.</summary>
    internal JsonElement? Of(StoredEvent stored) => byKey.Count > 0 && byKey.TryGetValue(Key(stored), out var twin) ? twin : null;

    internal static string Key(StoredEvent stored) =>
        DeviceKey.TryCreate(stored.DeviceId, stored.ModuleId, out var key) ? key.ToString() : stored.DeviceId;
}
