using System.Diagnostics;

namespace Muster.Benchmarks.Scale;

/// <summary>What the table was measured on.</summary>
internal sealed record Machine(int Cores, string Processor, double MemoryGb, string Kernel, string System, string Runtime, string Postgres)
{
    internal string Text =>
        $"{Cores} cores ({Processor}), {MemoryGb:0.0} GB memory, Linux {Kernel}, {System}, .NET {Runtime}, {Postgres}";

    internal static Machine Describe() => new(
        Environment.ProcessorCount,
        Line("/proc/cpuinfo", "model name").Split(':')[^1].Trim(),
        long.Parse(Line("/proc/meminfo", "MemTotal").Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0 / 1024,
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        global::System.Runtime.InteropServices.RuntimeInformation.OSDescription.Trim(),
        Environment.Version.ToString(),
        PostgresVersion());

    private static string Line(string file, string start) => File.ReadLines(file).FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal)) ?? "? 0";

    private static string PostgresVersion()
    {
        try
        {
            using var psql = Process.Start(new ProcessStartInfo("psql", ["--version"]) { RedirectStandardOutput = true });
            return psql!.StandardOutput.ReadToEnd().Trim().Replace("psql (PostgreSQL)", "PostgreSQL", StringComparison.Ordinal);
        }
        catch (global::System.ComponentModel.Win32Exception)
        {
            return "PostgreSQL unknown";
        }
    }
}
