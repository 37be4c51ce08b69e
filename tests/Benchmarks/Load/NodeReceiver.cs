using System.Diagnostics;
using System.Text.Json;

namespace Muster.Benchmarks.Load;

/// <summary>The Node program that receives events with <c>@azure/event-hubs</c>, a process for each window.</summary>
/// <param name="caFile">Whom it trusts.</param>
internal sealed class NodeReceiver(string caFile)
{
    internal async Task<LoadReport> WindowAsync(string connectionString, double seconds)
    {
        using var process = Start();
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { connectionString, partitions = EventReceivers.Partitions, seconds }));
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The Node program ended without a report.");
        await process.WaitForExitAsync();
        return JsonSerializer.Deserialize<LoadReport>(line)!;
    }

    private Process Start() => Process.Start(new ProcessStartInfo("node", [Path.Combine(Root(), "tests", "Benchmarks", "Node", "receive-events.mjs")])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        Environment = { ["NODE_EXTRA_CA_CERTS"] = caFile },
    }) ?? throw new InvalidOperationException("node did not start");

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.sln"))) { return folder.FullName; }
        }

        throw new DirectoryNotFoundException("The repository of this program is not among its parent folders.");
    }
}
