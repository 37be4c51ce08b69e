using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Messaging;

namespace Muster.Clustering;

/// <summary>Mutual TLS on Orleans' own connections: both ends must have a certificate of the cluster, see <see cref="ClusterCredentials"/>.</summary>
internal sealed partial class ClusterTls(ClusterCredentials credentials, ClusterTls.End end, ILogger<ClusterTls> logger) : IConnectionMiddleware
{
    private const int BufferSize = 16 * 1024;
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    internal enum End
    {
        Accepts,
        Dials,
    }

    public async Task OnConnectionAsync(ConnectionContext context, ConnectionDelegate next)
    {
        var plain = context.Transport;
        await using var tls = new SslStream(new DuplexStream(plain));
        if (await RefusalAsync(tls) is { } why)
        {
            LogRefused(context.RemoteEndPoint, why);
            context.Abort(new ConnectionAbortedException("No TLS of this cluster."));
            if (end == End.Dials)
            {
                throw new ConnectionAbortedException($"{context.RemoteEndPoint} speaks no TLS of this cluster: {why}");
            }

            return;
        }

        var input = PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: BufferSize, leaveOpen: true));
        var output = PipeWriter.Create(tls, new StreamPipeWriterOptions(minimumBufferSize: BufferSize, leaveOpen: true));
        context.Transport = new Pipes(input, output);
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = plain;
            await input.CompleteAsync();
            await output.CompleteAsync();
        }
    }

    /// <summary>Null if the other end is of the cluster.</summary>
    private async Task<string?> RefusalAsync(SslStream tls)
    {
        using var patience = new CancellationTokenSource(HandshakeTimeout);
        string? why = null;
        RemoteCertificateValidationCallback judge = (_, certificate, _, errors) =>
        {
            var isMember = ClusterCredentials.IsMember(certificate, errors);
            why = isMember ? null : certificate is null ? "it shows no certificate" : $"its certificate is not of this cluster ({certificate.Subject})";
            return isMember;
        };
        try
        {
            await (end == End.Accepts
                ? tls.AuthenticateAsServerAsync(credentials.ForServer(judge), patience.Token)
                : tls.AuthenticateAsClientAsync(credentials.ForClient(judge), patience.Token));
            return null;
        }
        catch (OperationCanceledException)
        {
            return "the handshake took too long";
        }
        catch (Exception fault) when (fault is AuthenticationException or IOException or CryptographicException or InvalidOperationException)
        {
            return why ?? fault.InnerException?.Message ?? fault.Message;
        }
    }

    [LoggerMessage(EventId = 9011, Level = LogLevel.Warning, Message = "Refused the connection with {Remote}: {Why}")]
    private partial void LogRefused(System.Net.EndPoint? remote, string why);

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
