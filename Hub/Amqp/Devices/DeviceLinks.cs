using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Methods;
using Muster.Mqtt;
using Muster.Sessions;
using Muster.Telemetry;
using Muster.Twins;

namespace Muster.Amqp;

/// <summary>
/// All links that one connection has for one device or module: together they are its session, from the first attach to the last detach. Nothing of it
/// outlives the connection. Thread-safe.
/// </summary>
internal sealed partial class DeviceLinks : ISession
{
    /// <summary>Requests of one link that are not answered yet.</summary>
    private const int RequestCredit = 32;

    private static readonly Task<MethodReply?> NotListening = Task.FromResult<MethodReply?>(new MethodReply.Refused(
        new Refusal(HubErrorCode.DeviceNotOnline, "The device is connected, but does not listen to direct methods.")));

    private readonly DeviceDoor door;
    private readonly PeerDevices devices;
    private readonly IPeer peer;
    private readonly DeviceKey key;
    private readonly IDeviceGrain device;
    private readonly string authMethod;
    private readonly PendingMethods methods;
    private MessageSource? messages;
    private AnswerSource? methodRequests;
    private AnswerSource? twinAnswers;
    private EventOrigin? origin;
    private bool wantsDesired;
    private long desiredVersion;
    private long reports;

    public DeviceLinks(DeviceDoor door, PeerDevices devices, IPeer peer, LinkGrant.Device grant)
    {
        (this.door, this.devices, this.peer, key, authMethod) = (door, devices, peer, grant.Key, grant.Access.AuthMethod);
        ConnectionId = Services.Table.NextConnectionId();
        device = Services.Grains.GetGrain<IDeviceGrain>(key.ToString());
        methods = new PendingMethods(Services.Wheel, Services.Options.MaxOutboundMessages);
        ended = peer.Ended.Register(() => Close(SessionEnd.Dropped));
    }

    public long ConnectionId { get; }

    public long Epoch => Volatile.Read(ref reference)?.Epoch ?? 0;

    public string GrainKey => key.ToString();

    public SessionRef? Reference => Volatile.Read(ref reference);

    public long DesiredVersion => Volatile.Read(ref desiredVersion);

    public Task WhenAttached => attaching.Task;

    public SessionServices Services => door.Services;

    public IDeviceGrain Device => device;

    public PendingMethods Methods => methods;

    /// <summary>Opens one link. Who receives from us is stored as listening before the link is answered.</summary>
    public async ValueTask<LinkAnswer> OpenAsync(DeviceLinkKind kind)
    {
        switch (kind)
        {
            case DeviceLinkKind.Telemetry:
                return new LinkAnswer.Sink(new TelemetrySink(this, origin!), Services.Options.MaxInFlightMessages, TelemetryMessage.MaxEncodedBytes);
            case DeviceLinkKind.MethodAnswers:
                return new LinkAnswer.Sink(new MethodAnswers(this), RequestCredit, MethodAnswers.MaxEncodedBytes);
            case DeviceLinkKind.TwinRequests:
                return new LinkAnswer.Sink(new TwinRequests(this), RequestCredit, TwinRequests.MaxEncodedBytes);
            case DeviceLinkKind.Messages:
                var source = new MessageSource(this, door.LockTime);
                Steal(Interlocked.Exchange(ref messages, source)?.Port);
                return await StoreListeningAsync() ?? new LinkAnswer.Source(source);
            case DeviceLinkKind.MethodRequests:
                var requests = new AnswerSource(this);
                Steal(Interlocked.Exchange(ref methodRequests, requests)?.Port);
                return await StoreListeningAsync() ?? new LinkAnswer.Source(requests) { SendsSettled = true };
            case DeviceLinkKind.TwinAnswers:
                var answers = new AnswerSource(this);
                Steal(Interlocked.Exchange(ref twinAnswers, answers)?.Port);
                return new LinkAnswer.Source(answers) { SendsSettled = true };
            default:
                return new LinkAnswer.Source(new AnswerSource(this)) { SendsSettled = true };
        }
    }

    public Task<MethodReply?> InvokeMethodAsync(MethodCall call)
    {
        if (Volatile.Read(ref methodRequests) is not { } link)
        {
            return NotListening;
        }

        if (methods.Begin(call.ResponseTimeout) is not { } pending)
        {
            return Task.FromResult<MethodReply?>(new MethodReply.Refused(methods.IsFull
                ? new Refusal(HubErrorCode.ThrottlingException, "The device has too many method calls to answer. Try again later.")
                : new Refusal(HubErrorCode.DeviceNotOnline, "The device is about to disconnect.")));
        }

        if (link.Send(MethodMessages.Request(call, pending.RequestId), () => pending.Answer.IsCompleted) != SendResult.Accepted)
        {
            methods.Forget(pending);
            return Task.FromResult<MethodReply?>(new MethodReply.Refused(
                new Refusal(HubErrorCode.DeviceNotOnline, "The device is connected, but cannot take another request now.")));
        }

        Services.Instruments.MethodSent();
        return pending.Answer;
    }

    public SessionDelivery PushDesired(DesiredChange change)
    {
        ToldOf(change.Version);
        if (!Volatile.Read(ref wantsDesired) || Volatile.Read(ref twinAnswers) is not { } link)
        {
            return SessionDelivery.NotSubscribed;
        }

        switch (link.Send(TwinMessages.Change(change)))
        {
            case SendResult.Accepted:
                return SessionDelivery.Accepted;
            case SendResult.Closed:
                return SessionDelivery.NotSubscribed;
            default:
                // A device that missed a change must learn of it: it reads its twin when it connects again.
                Close(SessionEnd.NotReading);
                return SessionDelivery.QueueFull;
        }
    }

    public MessagesTaken PushMessages(ImmutableArray<LockedMessage> messages) =>
        Volatile.Read(ref this.messages)?.Push(messages) ?? new MessagesTaken(SessionDelivery.NotSubscribed, 0);

    /// <summary>The device begins, or stops, to listen to changes of its desired properties. False: that could not be stored, and the session ends.</summary>
    public async Task<bool> ListenToDesiredAsync(bool listens)
    {
        Volatile.Write(ref wantsDesired, listens);
        return await StoreListeningAsync() is null;
    }

    /// <summary>Answers on the twin's link; without one the answer is lost.</summary>
    public void AnswerTwin(byte[] answer)
    {
        if (Volatile.Read(ref twinAnswers)?.Send(answer) == SendResult.Full)
        {
            Close(SessionEnd.NotReading);
        }
    }

    /// <summary>The session's next report of its twin, from 1.</summary>
    public long NextReport() => Interlocked.Increment(ref reports);

    private SessionSubscriptions Listening() =>
        (Volatile.Read(ref messages) is null ? 0 : SessionSubscriptions.CloudToDevice | SessionSubscriptions.CloudToDeviceQos1)
        | (Volatile.Read(ref methodRequests) is null ? 0 : SessionSubscriptions.Methods)
        | (Volatile.Read(ref wantsDesired) && Volatile.Read(ref twinAnswers) is not null ? SessionSubscriptions.DesiredChanges : 0);

    // One writer at a time, and each writes what holds when its turn comes. Not stored means that the session ends, and the device comes again.
    private Task<LinkAnswer?> StoreListeningAsync()
    {
        lock (gate)
        {
            var mine = StoreListeningAsync(storing);
            storing = mine;
            return mine;
        }
    }

    private async Task<LinkAnswer?> StoreListeningAsync(Task before)
    {
        await before;
        try
        {
            var listening = Listening();
            if (IsOver || listening == stored)
            {
                return IsOver ? new LinkAnswer.Refused(ErrorOf(end)!) : null;
            }

            if (await Services.Calls.CallAsync(GrainKey, Repeat.Always, () => device.SetSubscriptionsAsync(reference!, listening)))
            {
                stored = listening;
                return null;
            }

            Close(SessionEnd.Replaced);
        }
        catch (Exception e)
        {
            // The session's end says it; whoever comes after is to have its turn.
            LogListeningLost(Services.Logger, key, e);
            Close(SessionEnd.NotStored);
        }

        return new LinkAnswer.Refused(ErrorOf(end) ?? LinkError.From(Unavailable));
    }

    private void ToldOf(long version)
    {
        for (var told = DesiredVersion; told < version;)
        {
            told = Interlocked.CompareExchange(ref desiredVersion, version, told) is var before && before == told ? version : before;
        }
    }

    private static void Steal(ISourcePort? older) =>
        older?.Detach(new LinkError(LinkConditions.Stolen, "A newer link of this connection took its place."));

    [LoggerMessage(EventId = 8200, Level = LogLevel.Warning, Message = "What {DeviceId} listens to could not be stored")]
    private static partial void LogListeningLost(ILogger logger, DeviceKey deviceId, Exception exception);
}
