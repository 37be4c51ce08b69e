using Amqp;
using Amqp.Framing;
using Microsoft.Extensions.Logging;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>A connection whose links are opened by tokens (<c>$cbs</c>), which it renews until it ends; if one is not renewed, it ends.</summary>
internal sealed partial class WireConnection : IAsyncDisposable
{
    private readonly WireDialer dialer;
    private readonly SasSigner signer;
    private readonly ILogger logger;
    private readonly WireNode cbs;
    private readonly Lock room = new();
    private readonly HashSet<string> audiences = [];
    private readonly CancellationTokenSource ended = new();

    private WireConnection(WireDialer dialer, SasSigner signer, ILogger logger, Connection connection, WireNode cbs)
    {
        (this.dialer, this.signer, this.logger, Connection, this.cbs) = (dialer, signer, logger, connection, cbs);
        _ = RenewAsync();
    }

    public Connection Connection { get; }

    public bool IsOpen => !Connection.IsClosed;

    /// <summary>Takes the connection over, whatever becomes of it.</summary>
    public static async Task<WireConnection> OpenAsync(
        Connection connection, SasSigner signer, WireDialer dialer, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            return new WireConnection(dialer, signer, logger, connection, await WireNode.OpenAsync(connection, "$cbs", dialer, cancellationToken));
        }
        catch
        {
            connection.Close(TimeSpan.Zero);
            throw;
        }
    }

    /// <summary>Puts a token for the audience, and others in time.</summary>
    /// <exception cref="UpstreamFaultException">It was refused.</exception>
    public async Task AuthorizeAsync(string audience, CancellationToken cancellationToken)
    {
        lock (room)
        {
            if (audiences.Contains(audience))
            {
                return;
            }
        }

        await PutTokenAsync(audience, cancellationToken);
        lock (room)
        {
            audiences.Add(audience);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await cbs.DisposeAsync();
        await WireLinks.CloseAsync(Connection, dialer);
        ended.Dispose();
    }

    private Task<Message> PutTokenAsync(string audience, CancellationToken cancellationToken) => cbs.AskAsync(
        new Message
        {
            ApplicationProperties = new ApplicationProperties
            {
                ["operation"] = "put-token",
                ["type"] = "servicebus.windows.net:sastoken",
                ["name"] = audience,
            },
            BodySection = new AmqpValue { Value = signer.Sign(audience) },
        },
        cancellationToken);

    private async Task RenewAsync()
    {
        var token = ended.Token;
        try
        {
            while (IsOpen)
            {
                await Task.Delay(SasSigner.RenewAfter, dialer.Clock, token);
                foreach (var audience in Audiences())
                {
                    await PutTokenAsync(audience, token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is disposed of.
        }
        catch (UpstreamFaultException e)
        {
            LogNotRenewed(logger, e);
            Connection.Close(TimeSpan.Zero);
        }
    }

    private string[] Audiences()
    {
        lock (room)
        {
            return [.. audiences];
        }
    }

    [LoggerMessage(EventId = 8400, Level = LogLevel.Warning, Message = "A token for the upstream hub could not be renewed; its connection is made again")]
    private static partial void LogNotRenewed(ILogger logger, Exception exception);
}
