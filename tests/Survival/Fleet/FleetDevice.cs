using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;

namespace Muster.Survival;

/// <summary>One device of the load: keeps itself connected as SDKs do, writes and sends in turn, and answers methods.</summary>
internal sealed class FleetDevice(DeviceIdentity who, FleetContext fleet)
{
    // An SDK gives a connection up when its operations or pings are not answered.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(4);
    private readonly Random random = new(who.Number);
    private volatile bool busy;
    private volatile bool connected;
    private int? unsent;
    private CancellationTokenSource? leaving;

    // What was tried without an answer, or the first word after a connection was lost, is tried at once and through a closed gate.
    private bool owed = true;
    private bool reportNext = who.Number % 2 == 0;

    internal DeviceIdentity Who => who;

    internal WriteJournal Reported { get; } = new(who.Id + " reported", fleet.Faults);

    internal WriteJournal Desired { get; } = new(who.Id + " desired", fleet.Faults);

    internal TelemetryJournal Telemetry { get; } = new(who.Id, fleet.Faults);

    internal Outage Outage { get; } = new();

    internal bool IsConnected => connected;

    /// <summary>Connected, and with nothing under way.</summary>
    internal bool IsQuiet => connected && !busy;

    /// <summary>1 while the service changes its desired properties.</summary>
    internal int Changing;

    /// <summary>Gives its connection up and comes back by another, perhaps to another silo.</summary>
    internal void Leave()
    {
        busy = true;
        Volatile.Read(ref leaving)?.Cancel();
    }

    /// <summary>Lives until <paramref name="stop"/>.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        for (var failures = 0; !stop.IsCancellationRequested;)
        {
            try
            {
                await using var wire = await DeviceWire.OpenAsync(fleet, who, AnswerMethod, stop);
                var leave = new CancellationTokenSource();
                Volatile.Write(ref leaving, leave);
                fleet.Wire.Attempts(failures + 1);
                failures = 0;
                connected = true;
                Outage.Answered();
                await LiveAsync(wire, leave.Token, stop);
            }
            catch (Exception fault) when (IsOfTheWire(fault))
            {
                failures++;
                Judge(fault);
            }

            connected = false;
            owed = busy = true;
            if (!stop.IsCancellationRequested)
            {
                Outage.Drop();
                await PauseAsync(Backoff(failures), stop);
            }
        }
    }

    private void Judge(Exception fault)
    {
        if (fault is not ConnectRefusedException refused)
        {
            return;
        }

        Interlocked.Increment(ref fleet.Wire.Refused);
        if (refused.Code != 3)
        {
            // An SDK takes this for final.
            fleet.Faults.Add($"{who.Id}: CONNECT was answered {refused.Code}");
        }
    }

    private async Task LiveAsync(DeviceWire wire, CancellationToken leave, CancellationToken stop)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(stop, wire.Ended, leave);
        while (!session.IsCancellationRequested)
        {
            if (!owed)
            {
                await PauseAsync(fleet.Pace * (0.5 + random.NextDouble()), session.Token);
            }

            busy = true;
            if (fleet.Gate.IsClosed && !owed)
            {
                busy = false;
                await WaitForGateAsync(wire, session.Token);
            }
            else if (!session.IsCancellationRequested)
            {
                owed = true;
                await OperateAsync(wire, session.Token);
            }
        }
    }

    // A closed gate is not silence: keep-alives go on.
    private static async Task KeepAliveAsync(DeviceWire wire, LoadGate gate, CancellationToken session)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(session);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            await gate.UntilOpenAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!session.IsCancellationRequested)
        {
            await wire.PingAsync(session);
        }
        catch (OperationCanceledException)
        {
            // The connection ended, or the run.
        }
    }

    private Task WaitForGateAsync(DeviceWire wire, CancellationToken session) => KeepAliveAsync(wire, fleet.Gate, session);

    private async Task OperateAsync(DeviceWire wire, CancellationToken session)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(session);
        patience.CancelAfter(Patience);
        Outage.Ask();
        try
        {
            var answered = reportNext && unsent is null ? await ReportAsync(wire, patience.Token) : await SendAsync(wire, patience.Token);
            if (answered)
            {
                Outage.Answered();
                owed = busy = false;
            }
        }
        catch (OperationCanceledException) when (!session.IsCancellationRequested)
        {
            throw new TimeoutException("an operation was not answered");
        }
    }

    private async Task<bool> ReportAsync(DeviceWire wire, CancellationToken cancellationToken)
    {
        var counter = Reported.Begin();
        WireReply reply;
        try
        {
            reply = await wire.ReportAsync(Encoding.UTF8.GetBytes($"{{\"counter\":{counter}}}"), cancellationToken);
        }
        catch (Exception fault)
        {
            Interlocked.Increment(ref fleet.Load.Unanswered);
            Reported.Unknown(counter, fault.GetType().Name);
            throw;
        }

        if (reply.Status == 204)
        {
            Reported.Acknowledge(counter, reply.Version);
            Interlocked.Increment(ref fleet.Load.Reports);
            reportNext = false;
            return true;
        }

        Interlocked.Increment(ref fleet.Load.Unanswered);
        Reported.Unknown(counter, reply.Status.ToString(CultureInfo.InvariantCulture));
        if (reply.Status is not (429 or >= 500))
        {
            fleet.Faults.Add($"{who.Id}: a report was answered {reply.Status}: {reply.Text}");
        }

        await PauseAsync(TimeSpan.FromMilliseconds(300 + random.Next(400)), cancellationToken);
        return false;
    }

    private async Task<bool> SendAsync(DeviceWire wire, CancellationToken cancellationToken)
    {
        var again = unsent is not null;
        var number = unsent ??= Telemetry.Next();
        Telemetry.Sent(number);
        await wire.SendAsync($"{who.Id}.{number}", Encoding.UTF8.GetBytes($"{{\"number\":{number}}}"), again, cancellationToken);
        Telemetry.Acknowledge(number);
        Interlocked.Increment(ref fleet.Load.Messages);
        unsent = null;
        reportNext = true;
        return true;
    }

    // The caller's word and the device's own id: an answer that strayed gives itself away.
    private string AnswerMethod(string payload) => JsonSerializer.Serialize(new { device = who.Id, said = JsonElement.Parse(payload) });

    private TimeSpan Backoff(int failures)
    {
        var full = TimeSpan.FromMilliseconds(250 * Math.Pow(2, Math.Min(failures, 6)));
        return (full < LongestBackoff ? full : LongestBackoff) * (0.4 + (0.6 * random.NextDouble()));
    }

    private static async Task PauseAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(delay, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Whoever waits looks at the token.
        }
    }

    private static bool IsOfTheWire(Exception fault) =>
        fault is IOException or SocketException or TimeoutException or OperationCanceledException or ObjectDisposedException or AuthenticationException
            or InvalidOperationException;
}
