using System.Security.Cryptography.X509Certificates;

namespace Muster.Amqp;

/// <summary>What a connection said of itself before its first frame.</summary>
internal enum SaslMechanism
{
    /// <summary>It spoke bare AMQP.</summary>
    None = 0,
    Anonymous = 1,
    Plain = 2,
    External = 3,

    /// <summary>As anonymous: its tokens come by <c>$cbs</c>.</summary>
    Mssbcbs = 4,
}

/// <summary>The client at the other end of a connection. Thread-safe.</summary>
internal interface IPeer
{
    /// <summary>Unique within the silo's life.</summary>
    long ConnectionId { get; }

    SaslMechanism Mechanism { get; }

    /// <summary>What its TLS handshake proved, not judged yet; null if it showed none.</summary>
    X509Certificate2? ClientCertificate { get; }

    /// <summary>The host that its Open asked for; null before, or if it did not say.</summary>
    string? HostName { get; }

    /// <summary>Signalled as the connection ends.</summary>
    CancellationToken Ended { get; }

    /// <summary>
    /// Who it is in the sense of the claim, by its live tokens or its certificate; null if it is not. A device's row is read where that was not done yet.
    /// </summary>
    /// <param name="claim">What is asked for.</param>
    /// <param name="isFresh">Read the device's row again: its identity has changed since.</param>
    ValueTask<LinkGrant?> AuthorizeAsync(LinkClaim claim, bool isFresh = false);

    /// <summary>
    /// One object per key and connection, for what its links have in common; gone with the connection. More than 1024 at once end the connection.
    /// </summary>
    T Share<T>(object key, Func<T> make)
        where T : class;

    /// <summary>Ends the connection soon. Idempotent; never blocks.</summary>
    void Close(LinkError error);
}
