using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Devices;
using Muster.Errors;
using Muster.Sessions;
using Muster.Telemetry;

namespace Muster.Amqp;

/// <summary>How a session begins, and how it ends, whatever ends it.</summary>
internal sealed partial class DeviceLinks
{
    private static readonly Refusal Unavailable = new(HubErrorCode.ServiceUnavailable, "The device is not available now; try again.");

    private readonly Lock gate = new();
    private readonly HashSet<ILinkPort> links = [];
    private readonly TaskCompletionSource attaching = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration ended;
    private Task<LinkError?>? beginning;
    private Task storing = Task.CompletedTask;
    private SessionRef? reference;
    private SessionSubscriptions stored;
    private int users;
    private volatile SessionEnd end;
    private bool isBegun;

    /// <summary>True from the first sign of the end on.</summary>
    public bool IsOver => end != SessionEnd.None;

    /// <summary>One more link is open, or about to be. False: the session is over.</summary>
    public bool TryEnter()
    {
        lock (gate)
        {
            if (end != SessionEnd.None)
            {
                return false;
            }

            users++;
            return true;
        }
    }

    /// <summary>Becomes the device's session, unless it is that already.</summary>
    /// <returns>Why not; null if it is.</returns>
    public Task<LinkError?> BeginAsync(LinkGrant.Device grant, LinkRequest request)
    {
        lock (gate)
        {
            return beginning ??= AttachAsync(grant, request.Property("com.microsoft:model-id") as string);
        }
    }

    /// <summary>The client learns of the link; where the session has ended meanwhile, of that too.</summary>
    public void Attached(ILinkPort link)
    {
        SessionEnd why;
        lock (gate)
        {
            why = end;
            if (why == SessionEnd.None)
            {
                links.Add(link);
            }
        }

        if (why != SessionEnd.None)
        {
            link.Detach(ErrorOf(why));
        }
    }

    /// <summary>A link is gone, or was not opened after all. With the last one the session ends. False: it has ended.</summary>
    public bool Leave(ILinkPort? link)
    {
        bool isLast;
        lock (gate)
        {
            if (link is not null)
            {
                links.Remove(link);
            }

            isLast = --users == 0;
        }

        if (isLast)
        {
            Close(peer.Ended.IsCancellationRequested ? SessionEnd.Dropped : SessionEnd.Disconnected);
        }

        return !IsOver;
    }

    /// <summary>A link to the device is gone: it does not listen there any more, unless another took its place.</summary>
    public bool LeaveSource(IMessageSource source, ILinkPort? link)
    {
        var isMine = Interlocked.CompareExchange(ref messages, null, source as MessageSource) == source
            | Interlocked.CompareExchange(ref methodRequests, null, source as AnswerSource) == source
            | Interlocked.CompareExchange(ref twinAnswers, null, source as AnswerSource) == source;
        var goesOn = Leave(link);
        if (isMine && goesOn)
        {
            _ = StoreListeningAsync();
        }

        return goesOn;
    }

    public void Close(SessionEnd why)
    {
        ILinkPort[] open;
        bool begun;
        lock (gate)
        {
            if (end != SessionEnd.None)
            {
                return;
            }

            end = why;
            open = [.. links];
            begun = isBegun;
        }

        devices.Remove(key, this);
        ended.Unregister();
        foreach (var link in open)
        {
            link.Detach(ErrorOf(why));
        }

        if (begun)
        {
            Finish();
        }
    }

    // Orleans may answer late: whoever ends the session before that leaves its farewell to this.
    private async Task<LinkError?> AttachAsync(LinkGrant.Device grant, string? modelId)
    {
        Services.Table.Add(this);
        LinkError? error = LinkError.From(Unavailable);
        try
        {
            error = await AskAsync(grant, modelId);
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            LogNotAttached(Services.Logger, key, e);
            door.Audit.Doubt(key);
        }

        bool isOver;
        lock (gate)
        {
            isBegun = true;
            end = end == SessionEnd.None && error is not null ? SessionEnd.AccessLost : end;
            isOver = end != SessionEnd.None;
        }

        attaching.TrySetResult();
        if (isOver)
        {
            devices.Remove(key, this);
            ended.Unregister();
            Finish();
        }

        return error ?? (isOver ? ErrorOf(end) ?? LinkError.From(Unavailable) : null);
    }

    private async Task<LinkError?> AskAsync(LinkGrant.Device grant, string? modelId)
    {
        // Once more if the identity changed between the look at its keys and the attach.
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var request = new AttachRequest
            {
                Silo = door.Silo,
                ConnectionId = ConnectionId,
                IdentityETag = grant.Access.IdentityETag,
                CleanSession = true,
                ModelId = modelId,
            };
            switch (await Services.Calls.CallAsync(GrainKey, Repeat.Always, () => device.AttachAsync(request)))
            {
                case AttachReply.Attached attached:
                    origin = new EventOrigin(key.DeviceId, key.ModuleId, attached.GenerationId, authMethod);
                    ToldOf(attached.DesiredVersion);
                    Volatile.Write(ref reference, attached.Session);
                    return null;
                case AttachReply.Refused refused:
                    return LinkError.From(refused.Why);
            }

            if (await peer.AuthorizeAsync(new LinkClaim.Device(key), isFresh: true) is not LinkGrant.Device fresh)
            {
                return LinkError.Unauthorized("The identity's credentials have changed.");
            }

            grant = fresh;
        }

        return LinkError.From(Unavailable);
    }

    // Once: the grain has answered, and the session is over.
    private void Finish()
    {
        methods.Close();
        Services.Table.BeginEnd(this);
        if (reference is not null)
        {
            Services.Instruments.Ended(end);
            LogEnded(Services.Logger, key, end);
        }

        _ = FarewellAsync();
    }

    private async Task FarewellAsync()
    {
        try
        {
            if (reference is { } mine)
            {
                await SessionFarewell.TellAsync(device, mine, Services.Clock, Services.Logger);
            }
        }
        finally
        {
            Services.Table.Ended();
        }
    }

    private static LinkError? ErrorOf(SessionEnd why) => why switch
    {
        SessionEnd.None or SessionEnd.Disconnected or SessionEnd.Dropped => null,
        SessionEnd.Replaced => new LinkError(LinkConditions.Stolen, HubErrorText.Json(
            (int)HubErrorCode.ConnectionForcefullyClosedOnNewConnection, "A newer connection of the device took over.")),
        SessionEnd.AccessLost or SessionEnd.TokenExpired => LinkError.Unauthorized("The identity was disabled, or its credentials have changed."),
        SessionEnd.Deleted => LinkError.From(new Refusal(HubErrorCode.DeviceNotFound, "The identity was deleted.")),
        SessionEnd.NotStored => new LinkError(LinkConditions.InternalError, HubErrorText.Json((int)HubErrorCode.ServerError, "It could not be stored; send it again.")),
        SessionEnd.SiloStopping => new LinkError(LinkConditions.ConnectionForced, "The hub's node stops; connect again."),
        SessionEnd.NotReading => new LinkError(LinkConditions.DetachForced, "The device does not take what is sent to it."),
        _ => new LinkError(LinkConditions.DetachForced, "The session has ended; connect again."),
    };

    [LoggerMessage(EventId = 8201, Level = LogLevel.Debug, Message = "AMQP session of {DeviceId} ended: {Reason}")]
    private static partial void LogEnded(ILogger logger, DeviceKey deviceId, SessionEnd reason);

    [LoggerMessage(EventId = 8202, Level = LogLevel.Warning, Message = "Device {DeviceId} could not be attached; it is asked to come back")]
    private static partial void LogNotAttached(ILogger logger, DeviceKey deviceId, Exception exception);
}
