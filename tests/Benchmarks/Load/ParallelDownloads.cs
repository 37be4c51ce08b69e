using System.Diagnostics;

namespace Muster.Benchmarks.Load;

/// <summary>curl, which downloads one file over many TLS connections at once and throws it away: one client for both sides.</summary>
internal static class ParallelDownloads
{
    /// <summary>Bytes per second, from the start of the process to its end.</summary>
    internal static async Task<double> MeasureAsync(string folder, string url, int clients, long bytes)
    {
        var configuration = Path.Combine(folder, "downloads.curl");
        await File.WriteAllLinesAsync(configuration, (string[])
        [
            "parallel", "parallel-immediate", $"parallel-max = {clients}", "insecure", "http1.1", "tlsv1.3", "silent", "show-error", "fail",
            .. Enumerable.Repeat((string[])[$"url = \"{url}\"", "output = /dev/null"], clients).SelectMany(static lines => lines),
        ]);
        var start = new ProcessStartInfo("curl") { ArgumentList = { "-K", configuration }, RedirectStandardError = true };
        var begun = Stopwatch.GetTimestamp();
        using var curl = Process.Start(start) ?? throw new InvalidOperationException("curl did not start");
        var errors = curl.StandardError.ReadToEndAsync();
        await curl.WaitForExitAsync();
        return curl.ExitCode == 0
            ? clients * bytes / Stopwatch.GetElapsedTime(begun).TotalSeconds
            : throw new InvalidOperationException($"curl ended with {curl.ExitCode}: {await errors}");
    }
}
