using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Muster.Sessions;

namespace Muster.Mqtt;

/// <summary>A byte stream to a client. As a wheel entry it is the time-out of the connection's first packet: due means abort.</summary>
internal abstract class Wire : WheelEntry
{
    public abstract PipeReader Input { get; }

    public abstract PipeWriter Output { get; }

    /// <summary>What the client showed in its TLS handshake, unchecked; null if nothing.</summary>
    public abstract X509Certificate2? ClientCertificate { get; }

    /// <summary>Ends the stream at once. Idempotent.</summary>
    public abstract void Abort();

    protected internal override void OnDue() => Abort();
}
