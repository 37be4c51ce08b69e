using System.Collections.Immutable;
using Muster.CloudToDevice;
using Muster.Methods;
using Muster.Twins;
using Orleans.Concurrency;
using Orleans.Services;

namespace Muster.Sessions;

/// <summary>
/// The sockets of one silo, addressed by <see cref="SessionRef.Silo"/>. A call about a session that has ended, or that a newer epoch has
/// replaced, is answered Gone and does nothing.
/// </summary>
[Alias("muster.ISessionHost")]
public interface ISessionHost : IGrainService
{
    /// <summary>
    /// Sends a method request and waits for the device's answer or for the call's response time-out, which is kept here. Null: there is no such
    /// session any more. DeviceNotOnline: the session is not subscribed to methods, or cannot take the request.
    /// </summary>
    [Alias("InvokeMethod"), ResponseTimeout("00:05:30")]
    Task<MethodReply?> InvokeMethodAsync(SessionRef session, MethodCall call);

    /// <summary>Hands a desired change to the session; answers at once, never waits for the device.</summary>
    [Alias("PushDesired")]
    Task<SessionDelivery> PushDesiredAsync(SessionRef session, DesiredChange change);

    /// <summary>
    /// Lends messages to the session, oldest first; answers at once, never waits for the device. One call at a time for each session. A message that the
    /// session has already (the same sequence number) counts as taken: its newest lock token is the one that settles it. Locks last as long as the
    /// session is the device's; a session whose protocol knows lock time-outs abandons what was not settled in time.
    /// </summary>
    [Alias("PushMessages")]
    Task<MessagesTaken> PushMessagesAsync(SessionRef session, ImmutableArray<LockedMessage> messages);

    /// <summary>Ends the session. Idempotent.</summary>
    [Alias("Close"), OneWay]
    Task CloseAsync(SessionRef session, SessionCloseReason reason);
}
