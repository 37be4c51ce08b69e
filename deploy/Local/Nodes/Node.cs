using System.Globalization;

namespace Muster.Local;

/// <summary>One node through all its lives: starts it, sees it end, starts it again. Commands come from other threads.</summary>
internal sealed class Node(NodePlan plan, INodeLauncher launcher, NodeSettings settings) : IDisposable
{
    private const int MaxFailedStarts = 3;
    private readonly Lock gate = new();
    private readonly TaskCompletionSource firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource interrupt = new();
    private CancellationTokenSource wake = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private INodeProcess? process;
    private bool wanted = true;
    private bool closing;
    private Task loop = Task.CompletedTask;

    internal NodePlan Plan { get; } = plan;

    internal NodeState State { get; private set; }

    internal int? Pid { get; private set; }

    internal int Starts { get; private set; }

    /// <summary>Completes when it answers for the first time; faults if it never will.</summary>
    internal Task FirstReady => firstReady.Task;

    internal void Open() => loop = RunAsync();

    /// <summary>Stops it for good, if it was opened.</summary>
    internal async Task CloseAsync()
    {
        Command(() => closing = true, interrupts: true);
        await loop;
    }

    /// <summary>Stops it until it is started again. Idempotent.</summary>
    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        Command(() => wanted = false, interrupts: true);
        await UntilAsync(() => State == NodeState.Stopped, cancellationToken);
    }

    /// <summary>Starts it if it is down, without the pause of a restart, and waits until it answers. False if it ended before.</summary>
    internal async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        var before = Starts;
        if (State is NodeState.Stopped or NodeState.Stopping or NodeState.Restarting)
        {
            Command(() => wanted = true, interrupts: false);
            await UntilAsync(() => Starts > before || closing, cancellationToken);
        }

        await UntilAsync(() => State != NodeState.Starting, cancellationToken);
        return State == NodeState.Running;
    }

    /// <summary>SIGKILL. False if there is no process.</summary>
    internal async Task<bool> KillAsync(CancellationToken cancellationToken)
    {
        if (Pid is not { } pid || process is not { } killed || !Signal.Send(pid, Signal.Kill))
        {
            return false;
        }

        await killed.Exited.WaitAsync(cancellationToken);
        await UntilAsync(() => Pid != pid, cancellationToken);
        return true;
    }

    public void Dispose()
    {
        interrupt.Dispose();
        wake.Dispose();
    }

    private async Task RunAsync()
    {
        while (Renew() is var (interrupted, woken) && !closing)
        {
            if (wanted)
            {
                await RunOnceAsync(interrupted);
            }

            await RestAsync(woken);
        }

        firstReady.TrySetCanceled(CancellationToken.None);
        Set(NodeState.Stopped);
    }

    /// <summary>Commands that come from here on are seen by this pass of the loop; those before it by what it finds.</summary>
    private (CancellationToken Interrupted, CancellationToken Woken) Renew()
    {
        lock (gate)
        {
            (interrupt, wake) = (new CancellationTokenSource(), new CancellationTokenSource());
            return (interrupt.Token, wake.Token);
        }
    }

    /// <summary>Down: for the pause of a restart, or until a command comes.</summary>
    private async Task RestAsync(CancellationToken woken)
    {
        TimeSpan? pause;
        lock (gate)
        {
            if (woken.IsCancellationRequested)
            {
                return;
            }

            pause = RestartPolicy.After(settings.Restarts && !firstReady.Task.IsFaulted, wanted);
            wanted = pause is not null;
        }

        Set(pause is null ? NodeState.Stopped : NodeState.Restarting);
        await Task.Delay(pause ?? Timeout.InfiniteTimeSpan, settings.Clock, woken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunOnceAsync(CancellationToken interrupted)
    {
        var begun = settings.Clock.GetTimestamp();
        Starts++;
        Set(NodeState.Starting);
        try
        {
            await using var started = await launcher.LaunchAsync(interrupted);
            process = started;
            Set(NodeState.Starting, started.Pid);
            if (await IsReadyAsync(started, interrupted))
            {
                Set(NodeState.Running, started.Pid);
                settings.Say(string.Create(CultureInfo.InvariantCulture, $"{Plan.Name} ready in {settings.Clock.GetElapsedTime(begun).TotalSeconds:0.0} s"));
                firstReady.TrySetResult();
                await ((Task)started.Exited).WaitAsync(interrupted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await EndAsync(started, interrupted);
        }
        catch (LocalException refused)
        {
            Fail(refused.ExitCode, refused.Message);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            settings.Say($"{Plan.Name} stopped");
        }
        finally
        {
            (process, Pid) = (null, null);
        }
    }

    private async Task<bool> IsReadyAsync(INodeProcess started, CancellationToken interrupted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        var ready = launcher.WaitUntilReadyAsync(stop.Token);
        await Task.WhenAny(ready, started.Exited);
        await stop.CancelAsync();
        await ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ready.IsCompletedSuccessfully && !started.Exited.IsCompleted;
    }

    private async Task EndAsync(INodeProcess started, CancellationToken interrupted)
    {
        if (!started.Exited.IsCompleted && interrupted.IsCancellationRequested)
        {
            Set(NodeState.Stopping, started.Pid);
            await started.StopAsync();
            settings.Say($"{Plan.Name} stopped");
            return;
        }

        var code = await started.Exited;
        Fail(code, launcher.Why);
    }

    /// <summary>It ended, and nobody had asked for that.</summary>
    private void Fail(int code, string why)
    {
        var again = RestartPolicy.After(settings.Restarts, wanted && !closing);
        var next = again is { } pause ? string.Create(CultureInfo.InvariantCulture, $"; it is started again in {pause.TotalSeconds:0} s") : "";
        var how = code > 128 ? $"signal {code - 128}" : $"exit code {code}: {why}";
        settings.Say($"{Plan.Name} ended ({how}){next}");
        var isHopeless = again is null || Starts >= MaxFailedStarts || code is ExitCode.Usage or ExitCode.DataFolder or ExitCode.Port or ExitCode.Missing;
        if (isHopeless && !firstReady.Task.IsCompleted)
        {
            firstReady.TrySetException(new LocalException(code is > 1 and <= ExitCode.Missing ? code : ExitCode.Failed, $"{Plan.Name} did not start: {why}"));
        }
    }

    private void Command(Action change, bool interrupts)
    {
        lock (gate)
        {
            change();
            wake.Cancel();
            if (interrupts)
            {
                interrupt.Cancel();
            }
        }
    }

    private void Set(NodeState state, int? pid = null)
    {
        State = state;
        Pid = pid;
        Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        settings.Changed();
    }

    internal async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = Volatile.Read(ref changed).Task;
            if (condition())
            {
                return;
            }

            await next.WaitAsync(cancellationToken);
        }
    }
}
