using System.Collections.Concurrent;
using System.Diagnostics;

namespace Muster.Local;

/// <summary>
/// Starts processes that do not outlive this one. The kernel sends the parent-death signal when the <em>thread</em> that started the child ends,
/// and threads of a pool come and go: so one thread, which lives as long as the process, starts them all.
/// </summary>
internal static class Children
{
    private const int MaxWaiting = 1000;
    private static readonly Lazy<BlockingCollection<Action>> Starts = new(() =>
    {
        var starts = new BlockingCollection<Action>(MaxWaiting);
        new Thread(() => RunAll(starts)) { IsBackground = true, Name = "children" }.Start();
        return starts;
    });

    /// <summary>Starts a program with its output redirected; it gets <paramref name="deathSignal"/> when this process ends, in whatever way.</summary>
    /// <param name="start">The program, its folder and environment.</param>
    /// <param name="deathSignal">A signal's name without SIG.</param>
    /// <param name="privileges">Further options of setpriv(1).</param>
    internal static Task<Process> StartAsync(ProcessStartInfo start, string deathSignal, params IReadOnlyList<string> privileges)
    {
        // A session of its own: Ctrl-C is for this process, which then ends its children in their order.
        string[] arguments = ["setpriv", "--pdeathsig", deathSignal, .. privileges, "--", start.FileName, .. start.ArgumentList];
        start.FileName = "setsid";
        start.ArgumentList.Clear();
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.UseShellExecute = false;
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Value.Add(() => Start(start, started));
        return started.Task;
    }

    private static void Start(ProcessStartInfo start, TaskCompletionSource<Process> started)
    {
        try
        {
            started.SetResult(Process.Start(start)!);
        }
        catch (Exception exception)
        {
            started.SetException(exception);
        }
    }

    private static void RunAll(BlockingCollection<Action> starts)
    {
        foreach (var start in starts.GetConsumingEnumerable())
        {
            start();
        }
    }
}
