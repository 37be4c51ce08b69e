using Amqp;
using Microsoft.Extensions.Logging;

namespace Muster.Upstream;

/// <summary>The silo's one AMQP connection to the upstream hub itself: messages to devices, and what the hub tells its back office.</summary>
internal sealed class HubConnection(HubConnectionString hub, WireDialer dialer, TimeProvider clock, ILogger<HubConnection> logger) : IAsyncDisposable
{
    private readonly SharedConnection shared = new(async cancellationToken =>
    {
        var connection = await dialer.DialAsync(hub.HostName, null, null, cancellationToken);
        var made = await WireConnection.OpenAsync(connection, SasSigner.Of(hub, clock), dialer, logger, cancellationToken);
        try
        {
            await made.AuthorizeAsync(hub.HostName, cancellationToken);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }, clock);

    /// <summary>A session of the open connection.</summary>
    /// <param name="what">Whom it is for, the subject of a sentence.</param>
    /// <exception cref="Errors.UpstreamFaultException">The hub could not be reached.</exception>
    public async Task<Session> BeginAsync(string what, CancellationToken cancellationToken) =>
        WireSession.Begin((await shared.GetAsync(cancellationToken)).Connection, what);

    public ValueTask DisposeAsync() => shared.DisposeAsync();
}
