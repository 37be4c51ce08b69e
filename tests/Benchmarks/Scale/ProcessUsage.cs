using System.Globalization;

namespace Muster.Benchmarks.Scale;

/// <summary>Processor time and memory of other processes, from <c>/proc</c>.</summary>
internal static class ProcessUsage
{
    // USER_HZ, which the kernel's interface fixes at 100 on Linux.
    private const double TicksPerSecond = 100;

    /// <summary>Processor seconds of the process and of all below it, those that ended included.</summary>
    internal static double TreeSeconds(int pid)
    {
        var all = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Read(id) : null)
            .OfType<Stat>().ToLookup(stat => stat.Parent);
        return Read(pid) is { } root ? root.Own + root.Reaped + Below(pid, all) : 0;
    }

    internal static double Seconds(int pid) => Read(pid)?.Own ?? 0;

    /// <summary>VmRSS, or another line of <c>/proc/PID/status</c> that is given in kB.</summary>
    internal static long Bytes(int pid, string line = "VmRSS:")
    {
        var text = File.ReadLines($"/proc/{pid}/status").Single(l => l.StartsWith(line, StringComparison.Ordinal));
        return long.Parse(text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static double Below(int pid, ILookup<int, Stat> all) => all[pid].Sum(child => child.Own + child.Reaped + Below(child.Pid, all));

    private static Stat? Read(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");

            // The name stands in parentheses and may hold anything.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            double Ticks(int field) => long.Parse(fields[field - 3], CultureInfo.InvariantCulture) / TicksPerSecond;
            return new Stat(pid, int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(14) + Ticks(15), Ticks(16) + Ticks(17));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private sealed record Stat(int Pid, int Parent, double Own, double Reaped);
}
