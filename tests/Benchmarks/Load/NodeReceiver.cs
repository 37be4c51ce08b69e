using System.Diagnostics;
using System.Text.Json;

namespace Muster.Benchmarks.Load;

/// <summary>The Node program that receives events with <c>@azure/event-hubs</c>, one process for all windows of both sides.</summary>
internal sealed class NodeReceiver : IDisposable
{
    private readonly Process process;

    private NodeReceiver(Process process) => this.process = process;

    /// <param name="caFile">Whom it trusts.</param>
    internal static NodeReceiver Start(string caFile)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Root(), "tests", "Benchmarks", "Node", "receive-events.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["NODE_EXTRA_CA_CERTS"] = caFile },
        };
        return new NodeReceiver(Process.Start(start) ?? throw new InvalidOperationException("node did not start"));
    }

    internal async Task<LoadReport> WindowAsync(string connectionString, double seconds)
    {
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { connectionString, partitions = EventReceivers.Partitions, seconds }));
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The Node program ended without a report.");
        return JsonSerializer.Deserialize<LoadReport>(line)!;
    }

    public void Dispose()
    {
        if (!process.HasExited) { process.Kill(); }
        process.WaitForExit();
        process.Dispose();
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.sln"))) { return folder.FullName; }
        }

        throw new DirectoryNotFoundException("The repository of this program is not among its parent folders.");
    }
}
