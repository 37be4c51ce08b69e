using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Muster.Mqtt;

/// <summary>MQTT in binary WebSocket messages (MQTT 3.1.1 section 6): their borders mean nothing.</summary>
internal sealed class WebSocketConnection : Wire, IAsyncDisposable
{
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);
    private readonly HttpContext context;
    private readonly WebSocketStream stream;

    public WebSocketConnection(HttpContext context, WebSocket socket)
    {
        this.context = context;
        stream = WebSocketStream.Create(socket, WebSocketMessageType.Binary, CloseTime);
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public override PipeReader Input { get; }

    public override PipeWriter Output { get; }

    public override X509Certificate2? ClientCertificate => context.Connection.ClientCertificate;

    public override void Abort() => context.Abort();

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await stream.DisposeAsync();
    }
}
