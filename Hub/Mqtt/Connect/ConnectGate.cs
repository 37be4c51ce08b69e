using Microsoft.Extensions.Logging;
using Muster.Access;
using Muster.Calls;
using Muster.Devices;
using Muster.Sessions;

namespace Muster.Mqtt;

/// <summary>From CONNECT to CONNACK: every refusal of a credential is return code 5; 3 asks the device to come back.</summary>
internal sealed partial class ConnectGate(
    SessionServices services, Authentication authentication, IAccessPolicies policies, HubState state, ILocalSiloDetails silo, SessionAudit audit,
    ILogger<ConnectGate> logger)
{
    private int pending;

    /// <summary>The session, ready to run, or null: the client was refused, or went away.</summary>
    public async Task<DeviceSession?> AdmitAsync(Wire wire)
    {
        try
        {
            var connect = await FirstPacket.ReadAsync(wire, services.Instruments);
            services.Wheel.Cancel(wire);
            return connect is null ? null : await AdmitAsync(wire, connect);
        }
        catch (Exception e) when (ConnectionErrors.IsConnectionError(e))
        {
            return null;
        }
    }

    private async Task<DeviceSession?> AdmitAsync(Wire wire, ConnectPacket connect)
    {
        if (!connect.IsSupported)
        {
            return await RefuseAsync(wire, ConnectReturnCode.UnacceptableProtocolLevel);
        }

        if (Identify(connect) is not { } who)
        {
            return await RefuseAsync(wire, ConnectReturnCode.NotAuthorized);
        }

        if (connect.Will is { } will && !IsDeliverable(will, who.Key))
        {
            services.Instruments.Refused(MqttFault.WillTopic);
            return null;
        }

        var admitted = Interlocked.Increment(ref pending) <= services.Options.MaxPendingConnects && state.IsReady;
        try
        {
            return admitted ? await AttachAsync(wire, connect, who) : await RefuseAsync(wire, ConnectReturnCode.ServerUnavailable);
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            LogUnavailable(who.Key, e);
            audit.Doubt(who.Key);
            return await RefuseAsync(wire, ConnectReturnCode.ServerUnavailable);
        }
        finally
        {
            Interlocked.Decrement(ref pending);
        }
    }

    private Client? Identify(ConnectPacket connect) =>
        DeviceKey.TryParse(connect.ClientId, null, out var key) &&
        connect.UserName is { } text && UserName.Parse(text, connect.ClientId) is { } name && policies.IsHostName(name.Host)
            ? new Client(key, name.ModelId)
            : null;

    private static bool IsDeliverable(WillMessage will, DeviceKey key) =>
        will.Qos < 2 && Topics.Read(will.Topic, Topics.TelemetryPrefix(key)).Kind == TopicKind.Telemetry;

    private async Task<DeviceSession?> AttachAsync(Wire wire, ConnectPacket connect, Client who)
    {
        // Once more if the identity changed between the look at its keys and the attach.
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            if (await authentication.CheckAsync(who.Key, connect.Password, wire) is not { } granted)
            {
                return await RefuseAsync(wire, ConnectReturnCode.NotAuthorized);
            }

            var session = new DeviceSession(services, wire, who.Key, connect, granted);
            switch (await AttachAsync(session, connect, granted, who.ModelId))
            {
                case AttachReply.Attached attached:
                    session.Start(attached);
                    services.Instruments.Connected(ConnectReturnCode.Accepted);
                    return session;
                case AttachReply.Refused:
                    return await RefuseAsync(wire, ConnectReturnCode.NotAuthorized);
            }
        }

        return await RefuseAsync(wire, ConnectReturnCode.ServerUnavailable);
    }

    private async Task<AttachReply?> AttachAsync(DeviceSession session, ConnectPacket connect, DeviceAccess.Authenticated granted, string? modelId)
    {
        AttachReply? reply = null;
        services.Table.Add(session);
        try
        {
            reply = await session.AttachAsync(new AttachRequest
            {
                Silo = silo.SiloAddress,
                ConnectionId = session.ConnectionId,
                IdentityETag = granted.IdentityETag,
                CleanSession = connect.CleanSession,
                ModelId = modelId,
            });
            return reply;
        }
        finally
        {
            if (reply is not AttachReply.Attached)
            {
                session.GiveUp();
            }
        }
    }

    private async Task<DeviceSession?> RefuseAsync(Wire wire, ConnectReturnCode code)
    {
        services.Instruments.Connected(code);
        new ConnAckPacket(sessionPresent: false, code).Write(wire.Output.GetSpan(4));
        wire.Output.Advance(4);
        await wire.Output.FlushAsync();
        return null;
    }

    [LoggerMessage(EventId = 8020, Level = LogLevel.Warning, Message = "Device {DeviceId} could not be attached; it is asked to come back")]
    private partial void LogUnavailable(DeviceKey deviceId, Exception exception);

    private sealed record Client(DeviceKey Key, string? ModelId);
}
