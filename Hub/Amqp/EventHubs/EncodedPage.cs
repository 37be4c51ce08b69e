using System.Buffers;
using System.Collections.Immutable;
using Muster.Telemetry;

namespace Muster.EventHubs;

/// <summary>Events of one partition that follow each other, encoded once for all who read there.</summary>
internal sealed class EncodedPage
{
    private readonly byte[][] events;

    private EncodedPage(long firstOffset, byte[][] events) => (FirstOffset, this.events) = (firstOffset, events);

    internal long FirstOffset { get; }

    /// <summary>Behind the last one.</summary>
    internal long NextOffset => FirstOffset + events.Length;

    /// <summary>The bytes of the event at that offset, which is one of the page's; empty if its readers do not see that event. They never change.</summary>
    internal byte[] this[long offset] => events[offset - FirstOffset];

    internal bool Holds(long offset) => offset >= FirstOffset && offset < NextOffset;

    /// <summary>Null for no events. Ends before a hole.</summary>
    /// <param name="stored">As the log has them.</param>
    /// <param name="seen">The offsets of those that the readers see; null for all.</param>
    internal static EncodedPage? From(ImmutableArray<StoredEvent> stored, HashSet<long>? seen = null)
    {
        if (stored.IsEmpty)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>(2048);
        var encoded = new List<byte[]>(stored.Length);
        for (var i = 0; i < stored.Length && stored[i].Offset == stored[0].Offset + i; i++)
        {
            if (seen?.Contains(stored[i].Offset) != false)
            {
                EventEncoder.Write(buffer, stored[i]);
            }

            encoded.Add(buffer.WrittenSpan.ToArray());
            buffer.ResetWrittenCount();
        }

        return new EncodedPage(stored[0].Offset, [.. encoded]);
    }
}
