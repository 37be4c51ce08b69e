using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Muster.Mqtt;

/// <summary>A TCP connection from its accept on. TLS, where it is spoken, swaps the transport underneath.</summary>
internal sealed class AcceptedConnection(ConnectionContext connection) : Wire
{
    public override PipeReader Input => connection.Transport.Input;

    public override PipeWriter Output => connection.Transport.Output;

    public override X509Certificate2? ClientCertificate => connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    public override void Abort() => connection.Abort(new ConnectionAbortedException("The device's connection was ended by the hub."));
}
