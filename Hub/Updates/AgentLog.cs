namespace Muster.Updates;

/// <summary>
/// The last lines of errors that agents said while they were at an update, so that its failure can be explained: agents close one with a sentence that
/// explains nothing. Bounded: the devices that were heard of the longest ago are forgotten first. Thread-safe.
/// </summary>
internal sealed class AgentLog
{
    internal const int MaxLines = 20;

    /// <summary>Characters of a line that are kept.</summary>
    internal const int MaxLineLength = 1024;
    internal const int MaxDevices = 1000;

    /// <summary>How many reports of the log of one update are passed on.</summary>
    internal const int MaxReports = 100;

    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> byDevice = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> byAge = new();

    /// <summary>Keeps the lines. Lines of another update than before take the place of those.</summary>
    internal void Add(string deviceId, int wireId, IEnumerable<string> lines)
    {
        lock (gate)
        {
            var kept = Touch(deviceId, wireId).Lines;
            foreach (var line in lines)
            {
                if (kept.Count == MaxLines)
                {
                    kept.Dequeue();
                }

                kept.Enqueue(Excerpt.Head(line, MaxLineLength));
            }
        }
    }

    /// <summary>In the order in which they were said.</summary>
    internal string[] Of(string deviceId, int wireId)
    {
        lock (gate)
        {
            return byDevice.TryGetValue(deviceId, out var node) && node.Value.WireId == wireId ? [.. node.Value.Lines] : [];
        }
    }

    /// <summary>False once the device has had its share of reports for this update.</summary>
    internal bool MayReport(string deviceId, int wireId)
    {
        lock (gate)
        {
            return ++Touch(deviceId, wireId).Reports <= MaxReports;
        }
    }

    private Entry Touch(string deviceId, int wireId)
    {
        if (byDevice.Remove(deviceId, out var old))
        {
            byAge.Remove(old);
        }

        var entry = old is not null && old.Value.WireId == wireId ? old.Value : new Entry(deviceId, wireId);
        byDevice[deviceId] = byAge.AddLast(entry);
        if (byDevice.Count > MaxDevices)
        {
            byDevice.Remove(byAge.First!.Value.DeviceId);
            byAge.RemoveFirst();
        }

        return entry;
    }

    private sealed class Entry(string deviceId, int wireId)
    {
        internal string DeviceId => deviceId;

        internal int WireId => wireId;

        internal Queue<string> Lines { get; } = new();

        internal int Reports { get; set; }
    }
}
