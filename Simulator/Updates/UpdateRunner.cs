using System.Text.Json;
using System.Text.Json.Nodes;

namespace Muster.Simulation.Updates;

/// <summary>What the update agents of a fleet share.</summary>
/// <param name="Stop">Ends all that they wait for.</param>
internal sealed record UpdateContext(
    UpdateOptions Options, UpdateOrderReader Orders, ArtifactDownload Downloads, FleetCounters Counters, TimeProvider Clock, CancellationToken Stop);

/// <summary>The update agent of one pump: tells <see cref="UpdateAgent"/> what happens, and does what it wants done.</summary>
internal sealed class UpdateRunner(int number, UpdateContext context, PumpPower power)
{
    private const string Manufacturer = "Muster";
    private static readonly TimeSpan LastWordPatience = TimeSpan.FromSeconds(5);

    private readonly Lock turn = new();
    private readonly Random random = new(number);
    private readonly DesiredUpdate desired = new();
    private readonly ReportOutbox outbox = new(context.Counters, context.Clock);
    private AgentState state = new()
    {
        Model = context.Options.Model,
        Version = context.Options.SoftwareVersion,
        Fault = context.Options.Faults.Of(context.Options.Seed, number),
    };

    private CancellationTokenSource? downloading;
    private bool isRestored;

    internal bool IsUnhealthy => Volatile.Read(ref state).IsUnhealthy;

    /// <summary>Takes in the twin as it is at connect.</summary>
    internal async Task LearnAsync(DeviceConnection opened, JsonElement twin, CancellationToken cancellationToken)
    {
        while (!desired.Replace(twin.GetProperty("desired")))
        {
            twin = await opened.GetTwinAsync(cancellationToken);
        }

        if (!isRestored)
        {
            isRestored = true;
            Restore(twin.GetProperty("reported"));
        }
    }

    /// <summary>Adds what a device says of itself at each start.</summary>
    internal void Describe(JsonObject report)
    {
        var now = Volatile.Read(ref state);
        report["deviceInformation"] = new JsonObject
        {
            ["manufacturer"] = Manufacturer, ["model"] = now.Model, ["hwRevision"] = now.HardwareRevision, ["swVersion"] = now.Version,
        };
        report["deviceHealth"] = new JsonObject { ["restartCount"] = now.RestartCount };
    }

    /// <summary>Goes on over this connection: says what was not acknowledged, and takes up what is desired.</summary>
    internal void Attach(DeviceConnection opened)
    {
        outbox.Attach(opened.ReportDurablyAsync, opened.Ended);
        Feed(new AgentEvent.Desired(desired.Read(context.Orders)));
    }

    internal void Detach()
    {
        outbox.Detach();
        desired.Forget();
    }

    internal void OnDesired(JsonElement patch)
    {
        if (desired.Patch(patch))
        {
            Feed(new AgentEvent.Desired(desired.Read(context.Orders)));
        }
    }

    internal void Feed(AgentEvent happened)
    {
        lock (turn)
        {
            var next = UpdateAgent.Next(state, happened);
            Volatile.Write(ref state, next.State);
            foreach (var action in next.Actions)
            {
                Perform(action);
            }
        }
    }

    private void Restore(JsonElement reported)
    {
        lock (turn)
        {
            state = AgentMemory.Restore(state, reported, desired.Read(context.Orders));
            if (state.IsUnhealthy)
            {
                Perform(new AgentAction.AwaitCrash());
            }
        }

        // A program that starts in the middle of a reboot is that reboot's end.
        if (state is { Job.Step: UpdateStep.Rebooting })
        {
            Feed(new AgentEvent.Booted());
        }
    }

    // Under the lock, so that actions of two events do not mix; each begins by giving the lock back.
    private void Perform(AgentAction action)
    {
        switch (action)
        {
            case AgentAction.Report(var message):
                outbox.Add(message.ToJson());
                break;
            case AgentAction.Download download:
                downloading?.Cancel();
                downloading = CancellationTokenSource.CreateLinkedTokenSource(context.Stop);
                _ = DownloadAsync(download, downloading);
                break;
            case AgentAction.StopDownload:
                downloading?.Cancel();
                break;
            case AgentAction.Wait(var id, var step):
                _ = AfterAsync(UpdateTimes.Of(step, random.NextDouble()), new AgentEvent.Elapsed(id, step));
                break;
            case AgentAction.AwaitCrash:
                _ = AfterAsync(UpdateTimes.UntilCrash(random.NextDouble()), new AgentEvent.CrashDue());
                break;
            case AgentAction.Reboot:
                _ = GoOffAsync(UpdateTimes.Reboot(random.NextDouble()) / context.Options.Speed);
                break;
            case AgentAction.Vanish:
                _ = GoOffAsync(Timeout.InfiniteTimeSpan);
                break;
        }
    }

    private async Task DownloadAsync(AgentAction.Download download, CancellationTokenSource stop)
    {
        await Task.Yield();
        using (stop)
        {
            try
            {
                var problem = await context.Downloads.RunAsync(
                    download.Manifest, download.CutOnce, percent => Feed(new AgentEvent.Progressed(download.WorkflowId, percent)), stop.Token);
                Feed(new AgentEvent.DownloadEnded(download.WorkflowId, problem));
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
            finally
            {
                Release(stop);
            }
        }
    }

    private void Release(CancellationTokenSource stop)
    {
        lock (turn)
        {
            downloading = downloading == stop ? null : downloading;
        }
    }

    private async Task AfterAsync(TimeSpan time, AgentEvent happened)
    {
        await Task.Yield();
        try
        {
            await Task.Delay(time / context.Options.Speed, context.Clock, context.Stop);
            Feed(happened);
        }
        catch (OperationCanceledException)
        {
        }
    }

    // As a careful device does it: the last word before the reboot is heard, if anyone listens.
    private async Task GoOffAsync(TimeSpan offFor)
    {
        await Task.Yield();
        try
        {
            await outbox.Idle.WaitAsync(LastWordPatience, context.Clock, context.Stop);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
        }

        power.GoOff(TimeSpan.Zero, offFor);
    }
}
