using Microsoft.Extensions.Options;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Mqtt;
using Muster.Sessions;

namespace Muster.Amqp;

/// <summary>Opens links of devices: the first of a device on a connection makes its session, which is attached to the grain before the link is answered.</summary>
internal sealed class DeviceDoor(SessionServices services, ILocalSiloDetails silo, SessionAudit audit, IOptions<CloudToDeviceOptions> messages)
{
    public SessionServices Services => services;

    public SiloAddress Silo => silo.SiloAddress;

    public SessionAudit Audit => audit;

    /// <summary>How long a message may be out before it is taken back.</summary>
    public TimeSpan LockTime { get; } = messages.Value.LockTime;

    public async ValueTask<LinkAnswer> OpenAsync(LinkRequest request, LinkGrant.Device grant, DeviceLinkKind kind)
    {
        var devices = request.Peer.Share(typeof(PeerDevices), static () => new PeerDevices());
        var session = devices.Enter(grant.Key, () => new DeviceLinks(this, devices, request.Peer, grant));
        LinkAnswer? answer = null;
        try
        {
            answer = await session.BeginAsync(grant, request) is { } error ? new LinkAnswer.Refused(error) : await session.OpenAsync(kind);
            return answer;
        }
        finally
        {
            if (answer is null or LinkAnswer.Refused)
            {
                session.Leave(null);
            }
        }
    }
}

/// <summary>The sessions of one connection: one, or many where a program pools its devices' links. Thread-safe.</summary>
internal sealed class PeerDevices
{
    private readonly Lock gate = new();
    private readonly Dictionary<DeviceKey, DeviceLinks> sessions = [];

    /// <summary>The device's session that goes on, or a new one; the caller counts as one of its users until it leaves.</summary>
    public DeviceLinks Enter(DeviceKey key, Func<DeviceLinks> make)
    {
        lock (gate)
        {
            if (!sessions.TryGetValue(key, out var session) || !session.TryEnter())
            {
                session = sessions[key] = make();
                session.TryEnter();
            }

            return session;
        }
    }

    /// <summary>The session is over; one that has taken its place stays.</summary>
    public void Remove(DeviceKey key, DeviceLinks session)
    {
        lock (gate)
        {
            if (sessions.TryGetValue(key, out var now) && now == session)
            {
                sessions.Remove(key);
            }
        }
    }
}
