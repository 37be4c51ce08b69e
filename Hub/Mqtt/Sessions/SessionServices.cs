using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Calls;
using Muster.Sessions;
using Muster.Telemetry;

namespace Muster.Mqtt;

/// <summary>What all sessions of a silo share, so that each holds one reference.</summary>
internal sealed class SessionServices(
    SessionTable table, TimerWheel wheel, IEventLog log, IGrainFactory grains, GrainCalls calls, HubInstruments instruments,
    IOptions<HubOptions> options, TimeProvider clock, ILogger<DeviceSession> logger)
{
    public SessionTable Table => table;

    public TimerWheel Wheel => wheel;

    public IEventLog Log => log;

    public IGrainFactory Grains => grains;

    public GrainCalls Calls => calls;

    public HubInstruments Instruments => instruments;

    public HubOptions Options { get; } = options.Value;

    public TimeProvider Clock => clock;

    public ILogger Logger => logger;

    public PublishBatchPool Batches { get; } = new();
}
