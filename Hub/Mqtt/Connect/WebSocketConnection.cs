using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Muster.Mqtt;

/// <summary>MQTT in binary WebSocket messages (MQTT 3.1.1 section 6): their borders mean nothing.</summary>
internal sealed class WebSocketConnection : Wire, IAsyncDisposable
{
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);
    private readonly HttpContext context;
    private readonly IHttpRequestLifetimeFeature lifetime;
    private readonly WebSocketStream stream;

    public WebSocketConnection(HttpContext context, WebSocket socket)
    {
        this.context = context;
        lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        stream = WebSocketStream.Create(socket, WebSocketMessageType.Binary, CloseTime);
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public override PipeReader Input { get; }

    public override PipeWriter Output { get; }

    public override X509Certificate2? ClientCertificate => context.Connection.ClientCertificate;

    // Not by way of the context, whose features are gone once the request has ended: a time-out may come right then.
    public override void Abort() => lifetime.Abort();

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Input.CompleteAsync();
            await Output.CompleteAsync();
            await stream.DisposeAsync();
        }
        catch (Exception e) when (ConnectionErrors.IsConnectionError(e))
        {
            // What was still to be sent to a peer that has gone.
        }
    }
}
