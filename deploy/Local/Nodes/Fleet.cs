using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Muster.Local;

/// <summary>The simulated devices, if there are to be any. They learn over their standard input how to connect, and end with it.</summary>
internal sealed class Fleet(ClusterOptions options, Programs programs, ClusterFolder folder, Action<string> say) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private Process? process;
    private LogFile? log;

    /// <summary>Its process; null if there is none.</summary>
    internal async Task<int?> StartAsync(JsonObject connection)
    {
        if (options.Devices == 0)
        {
            return null;
        }

        log = new LogFile(folder.Log("simulator"));
        process = await Children.StartAsync(programs.Simulator(), deathSignal: "KILL");
        new OutputTail(log.Append).Follow(process);
        await process.StandardInput.WriteLineAsync(connection.ToJsonString());
        await process.StandardInput.FlushAsync();
        say($"{options.Devices} simulated pumps connecting (process {process.Id})");
        return process.Id;
    }

    internal async Task StopAsync()
    {
        if (process is null)
        {
            return;
        }

        try
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, TimeProvider.System, CancellationToken.None);
        }
        catch (Exception fault) when (fault is IOException or TimeoutException)
        {
            Signal.Send(process.Id, Signal.Kill);
        }

    }

    public void Dispose()
    {
        process?.Dispose();
        log?.Dispose();
    }
}
