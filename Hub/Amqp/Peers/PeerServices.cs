using Microsoft.Extensions.Options;
using Muster.Sessions;

namespace Muster.Amqp;

/// <summary>What all AMQP connections of a silo share.</summary>
internal sealed class PeerServices(TimerWheel wheel, TokenCheck check, IOptions<HubOptions> options, TimeProvider clock, EngineLog log)
{
    private long connections;

    public TimerWheel Wheel => wheel;

    public TokenCheck Check => check;

    public TimeProvider Clock => clock;

    public EngineLog Log => log;

    /// <summary>How long a connection may be nobody's.</summary>
    public TimeSpan ProofTime { get; } = AmqpLimits.ProofTimes * options.Value.ConnectTimeout;

    /// <summary>Bytes of messages that a client may have sent and that are not settled.</summary>
    public int MaxInFlightBytes { get; } = options.Value.MaxInFlightBytes;

    public long NextConnectionId() => Interlocked.Increment(ref connections);
}
