using System.Diagnostics;
using System.Text.Json;

namespace Muster.Benchmarks.Scale.Load;

/// <summary>What to connect to, as the child process is told it.</summary>
internal sealed record StormOrder(string Address, int Port, string HubHost, string Prefix, int Devices);

/// <summary>How the devices fared since they were last asked about.</summary>
/// <param name="Lost">Devices that lost their connection.</param>
/// <param name="Back">Devices that connected.</param>
/// <param name="FirstLost">Seconds since the question before, until the first was lost.</param>
/// <param name="LastBack">Seconds since the question before, until the last was connected.</param>
/// <param name="Failures">Handshakes and CONNECTs that failed.</param>
/// <param name="MostRetries">How often the unluckiest device tried again.</param>
/// <param name="Errors">What failed, and how often.</param>
internal sealed record StormReport(
    int Lost, int Back, double FirstLost, double LastBack, int Failures, int MostRetries, IReadOnlyDictionary<string, int> Errors);

/// <summary>Devices in a process of their own, which stay connected over TLS and come back whenever they lose their connection.</summary>
internal sealed class StormProcess : IDisposable
{
    private readonly Process process;

    private StormProcess(Process process) => this.process = process;

    internal static StormProcess Start(StormOrder order) => new(Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, ["--storm", JsonSerializer.Serialize(order)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_gcServer"] = "0" },
        }) ?? throw new InvalidOperationException("The devices' process did not start."));

    /// <summary>Waits until as many as asked for are connected, and begins to count anew.</summary>
    /// <param name="lost">How many must have been lost before that; at the start 0.</param>
    internal async Task<StormReport> AllBackAsync(int lost)
    {
        await process.StandardInput.WriteLineAsync($"{lost}");
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The devices' process ended.");
        return JsonSerializer.Deserialize<StormReport>(line)!;
    }

    public void Dispose()
    {
        if (!process.HasExited) { process.Kill(); }
        process.WaitForExit();
        process.Dispose();
    }
}
