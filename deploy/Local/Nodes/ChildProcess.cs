using System.Diagnostics;

namespace Muster.Local;

/// <summary>A child process whose output goes to a log.</summary>
internal sealed class ChildProcess : INodeProcess
{
    private readonly Process process;
    private readonly TimeSpan patience;

    private ChildProcess(Process process, TimeSpan patience)
    {
        this.process = process;
        this.patience = patience;
        Pid = process.Id;
        Exited = WaitAsync();
    }

    public int Pid { get; }

    public Task<int> Exited { get; }

    internal static async Task<ChildProcess> StartAsync(ProcessStartInfo start, OutputTail output, TimeSpan patience)
    {
        var process = await Children.StartAsync(start, deathSignal: "KILL");
        process.StandardInput.Close();
        output.Follow(process);
        return new ChildProcess(process, patience);
    }

    public async Task StopAsync()
    {
        Signal.Send(Pid, Signal.Terminate);
        try
        {
            await Exited.WaitAsync(patience, TimeProvider.System, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            Signal.Send(Pid, Signal.Kill);
            await Exited;
        }
    }

    public ValueTask DisposeAsync()
    {
        process.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<int> WaitAsync()
    {
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
