using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Access;
using Muster.CloudToDevice;
using Muster.Events;
using Muster.Fleet;
using Muster.Gates;
using Muster.Placement;
using Muster.Sessions;
using Muster.Updates;
using Muster.Upstream;

namespace Muster.Devices;

/// <summary>What every device grain needs, in one reference: a million of them are resident.</summary>
internal sealed record DeviceServices(
    TimeProvider Clock,
    ISecretProtector Secrets,
    IDeviceReader Reader,
    IFleetIndex Index,
    ISessionHosts Sessions,
    DeviceInstruments Instruments,
    DeviceActivations Activations,
    DeviceEventQueue Events,
    FeedbackOutlet Feedback,
    IHostApplicationLifetime Host,
    IOptions<CloudToDeviceOptions> MessageOptions,
    ILogger<DeviceGrain> Logger,
    DevicePlans Plans,
    RolloutOutlet Rollouts,
    IOptions<UpdateOptions> UpdateOptions,
    ITwinContents? Contents = null,
    IGateCalls? Gates = null,
    GateLinks? GateLinks = null,
    IUpstreamHub? Upstream = null)
{
    internal CloudToDeviceOptions Messages { get; } = MessageOptions.Value;

    /// <summary>Until then no silence of a device ends its update.</summary>
    internal DateTimeOffset GraceUntil { get; } = Clock.GetUtcNow() + UpdateOptions.Value.GraceAfterStart;

    /// <summary>The row as it is shown: a session whose silo has left is no session.</summary>
    internal DeviceState Shown(DeviceState state) =>
        state.Session.Current is { } session && Sessions.IsDead(session.Silo)
            ? state with { Session = SessionMachine.Detach(state.Session, session, state.Session.ChangedAt ?? Clock.GetUtcNow()) }
            : state;
}
