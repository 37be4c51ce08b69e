using Muster.Access;
using Muster.Calls;
using Muster.Devices;
using Muster.Sessions;
using Muster.Telemetry;

namespace Muster.Mqtt;

/// <summary>One device's or module's MQTT connection, from its attach to its end: reads packets, keeps their bounds, says goodbye.</summary>
internal sealed partial class DeviceSession : WheelEntry, ISession
{
    /// <summary>How long a connection that is to end may take to say so before it is cut.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(3);

    private readonly SessionServices services;
    private readonly Wire wire;
    private readonly Outbox outbox;
    private readonly AckQueue acks;
    private readonly IDeviceGrain device;
    private readonly DeviceKey key;
    private readonly byte[] telemetryPrefix;
    private readonly ushort keepAliveSeconds;
    private readonly DateTimeOffset expiresAt;
    private readonly string authMethod;
    private TaskCompletionSource? attaching = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SessionRef? reference;
    private string generationId = "";
    private EventOrigin? origin;
    private WillMessage? will;
    private int subscriptions;
    private int end;
    private long lastHeardTick;
    private long desiredVersion;

    public DeviceSession(SessionServices services, Wire wire, DeviceKey key, ConnectPacket connect, DeviceAccess.Authenticated access)
    {
        this.services = services;
        this.wire = wire;
        this.key = key;
        (authMethod, keepAliveSeconds, will) = (access.AuthMethod, connect.KeepAliveSeconds, connect.Will);
        expiresAt = EndOfAccess(access.ExpiresAt, services.Clock.GetUtcNow());
        ConnectionId = services.Table.NextConnectionId();
        telemetryPrefix = Topics.TelemetryPrefix(key);
        device = services.Grains.GetGrain<IDeviceGrain>(key.ToString());
        outbox = new Outbox(wire.Output, services.Options.MaxOutboundMessages, services.Options.MaxOutboundBytes);
        acks = new AckQueue(outbox, services.Batches, services.Options, OnAckFailed);
        lastHeardTick = services.Wheel.Now;
    }

    public long ConnectionId { get; }

    public long Epoch => Volatile.Read(ref reference)?.Epoch ?? 0;

    public string GrainKey => key.ToString();

    public SessionRef? Reference => Volatile.Read(ref reference);

    public long DesiredVersion => Volatile.Read(ref desiredVersion);

    public Task WhenAttached => Volatile.Read(ref attaching)?.Task ?? Task.CompletedTask;

    private SessionSubscriptions Subscriptions
    {
        get => (SessionSubscriptions)Volatile.Read(ref subscriptions);
        set => Volatile.Write(ref subscriptions, (int)value);
    }

    private EventOrigin Origin => origin ??= new EventOrigin(key.DeviceId, key.ModuleId, generationId, authMethod);

    /// <summary>Asks the grain to make this the device's session.</summary>
    public Task<AttachReply> AttachAsync(AttachRequest request) =>
        services.Calls.CallAsync(GrainKey, Repeat.Always, () => device.AttachAsync(request));

    /// <summary>The grain said yes: answers the device. From here on the session delivers.</summary>
    public void Start(AttachReply.Attached attached)
    {
        // CONNACK first: nothing is delivered before the reference is known.
        outbox.Answer(new ConnAckPacket(attached.SessionPresent, ConnectReturnCode.Accepted));
        outbox.Flush();
        generationId = attached.GenerationId;
        Subscriptions = attached.Subscriptions;
        ToldOf(attached.DesiredVersion);
        Volatile.Write(ref reference, attached.Session);
        EndAttaching();
        services.Wheel.Schedule(this, NextLook() ?? TimeSpan.Zero);
    }

    /// <summary>There will be no session after all.</summary>
    public void GiveUp()
    {
        services.Table.BeginEnd(this);
        services.Table.Ended();
        EndAttaching();
    }

    public void Close(SessionEnd why)
    {
        if (Interlocked.CompareExchange(ref end, (int)why, (int)SessionEnd.None) != (int)SessionEnd.None)
        {
            return;
        }

        if (why is SessionEnd.NotReading)
        {
            wire.Abort();
            return;
        }

        wire.Input.CancelPendingRead();
        services.Wheel.Schedule(this, FarewellTime);
    }

    /// <summary>Serves the connection until it ends; the grain is told when this completes or soon after.</summary>
    public async Task RunAsync()
    {
        try
        {
            await ReadAsync();
        }
        catch (Exception e) when (ConnectionErrors.IsConnectionError(e))
        {
            Interlocked.CompareExchange(ref end, (int)SessionEnd.Dropped, (int)SessionEnd.None);
        }
        finally
        {
            await EndAsync();
        }
    }

    protected internal override void OnDue()
    {
        if (Volatile.Read(ref end) != (int)SessionEnd.None)
        {
            wire.Abort();
        }
        else if (NextLook() is { } next)
        {
            services.Wheel.Schedule(this, next);
        }
        else
        {
            Close(expiresAt <= services.Clock.GetUtcNow() ? SessionEnd.TokenExpired : SessionEnd.Silent);
        }
    }

    private TimeSpan? NextLook() => KeepAlive.NextLook(
        TimerWheel.Since(Volatile.Read(ref lastHeardTick), services.Wheel.Now),
        KeepAlive.Allowance(keepAliveSeconds),
        expiresAt - services.Clock.GetUtcNow());

    // A token that was let in though it had lapsed, for the device's clock may be behind, lasts as long as that excuse.
    private static DateTimeOffset EndOfAccess(DateTimeOffset expiresAt, DateTimeOffset now) =>
        expiresAt > now ? expiresAt : expiresAt + SasToken.ClockSkew;

    private void EndAttaching() => Interlocked.Exchange(ref attaching, null)?.TrySetResult();

    private async Task ReadAsync()
    {
        var input = wire.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            if (read.IsCanceled)
            {
                return;
            }

            Volatile.Write(ref lastHeardTick, services.Wheel.Now);
            var buffer = read.Buffer;
            var step = Take(ref buffer);
            input.AdvanceTo(buffer.Start, step == Step.NeedMore ? buffer.End : buffer.Start);
            outbox.Flush();
            if (step == Step.End || (step == Step.NeedMore && read.IsCompleted))
            {
                Interlocked.CompareExchange(ref end, (int)SessionEnd.Dropped, (int)SessionEnd.None);
                return;
            }

            if (step == Step.Subscriptions)
            {
                await ChangeSubscriptionsAsync();
            }

            if (acks.IsFull)
            {
                await acks.WaitForRoomAsync();
            }
        }
    }
}
