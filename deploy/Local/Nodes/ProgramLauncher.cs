using System.Diagnostics;

namespace Muster.Local;

/// <summary>Starts a program of which nothing special need be known.</summary>
/// <param name="prepare">Says what to start; called at every start.</param>
/// <param name="log">Takes what it prints.</param>
/// <param name="ready">Where to ask whether it answers.</param>
/// <param name="patience">How long it may take to end.</param>
internal sealed class ProgramLauncher(Func<ProcessStartInfo> prepare, LogFile log, HealthProbe ready, TimeSpan patience) : INodeLauncher
{
    private OutputTail output = new(_ => { });

    public string Why => output.Why();

    public async Task<INodeProcess> LaunchAsync(CancellationToken cancellationToken)
    {
        var start = prepare();
        output = new OutputTail(log.Append);
        log.Append($"--- {TimeProvider.System.GetUtcNow():u} {Path.GetFileName(start.FileName)} {string.Join(' ', start.ArgumentList)}");
        return await ChildProcess.StartAsync(start, output, patience);
    }

    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => ready.WaitAsync(cancellationToken);
}
