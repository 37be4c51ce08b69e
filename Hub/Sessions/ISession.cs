using System.Collections.Immutable;
using Muster.CloudToDevice;
using Muster.Methods;
using Muster.Twins;

namespace Muster.Sessions;

/// <summary>One device's connection, whatever protocol it speaks. Thread-safe.</summary>
internal interface ISession
{
    /// <summary>Unique within the silo's life.</summary>
    long ConnectionId { get; }

    /// <summary>The epoch that the device grain gave the session; 0 before that.</summary>
    long Epoch { get; }

    /// <summary>The key of the device's grain.</summary>
    string GrainKey { get; }

    /// <summary>What the grain knows the session by; null before it answered.</summary>
    SessionRef? Reference { get; }

    /// <summary>The newest desired <c>$version</c> that the session was told of, or that was there when it began; 0 if that is not known.</summary>
    long DesiredVersion { get; }

    /// <summary>Completes once the device grain answered, or the session ended without an answer.</summary>
    Task WhenAttached { get; }

    /// <summary>As <see cref="ISessionHost.InvokeMethodAsync"/>.</summary>
    Task<MethodReply?> InvokeMethodAsync(MethodCall call);

    /// <summary>As <see cref="ISessionHost.PushDesiredAsync"/>; never blocks.</summary>
    SessionDelivery PushDesired(DesiredChange change);

    /// <summary>As <see cref="ISessionHost.PushMessagesAsync"/>; never blocks.</summary>
    MessagesTaken PushMessages(ImmutableArray<LockedMessage> messages);

    /// <summary>Ends the session soon. Idempotent; never blocks.</summary>
    void Close(SessionEnd why);
}

/// <summary>Why a session ended. The first reason counts.</summary>
internal enum SessionEnd
{
    None = 0,

    /// <summary>The device said DISCONNECT.</summary>
    Disconnected,

    /// <summary>The connection broke.</summary>
    Dropped,

    /// <summary>Nothing was heard for one and a half times the keep-alive.</summary>
    Silent,

    /// <summary>The token lapsed.</summary>
    TokenExpired,

    /// <summary>The device broke the protocol.</summary>
    Fault,

    /// <summary>The device does not read what is sent to it.</summary>
    NotReading,

    /// <summary>A newer connection of the same identity.</summary>
    Replaced,

    /// <summary>The identity was disabled or its credentials changed.</summary>
    AccessLost,

    /// <summary>The identity was deleted.</summary>
    Deleted,

    /// <summary>The event log refused.</summary>
    NotStored,

    /// <summary>The silo stops.</summary>
    SiloStopping,

    /// <summary>A change of the desired properties may not have reached the device: it reads its twin when it connects again.</summary>
    ChangeMissed,
}
