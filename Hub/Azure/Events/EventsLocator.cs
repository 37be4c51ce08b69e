using System.Globalization;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Microsoft.Extensions.Options;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>Knows where the upstream's events are: told by its own connection string, or by the hub, which redirects who asks it for them.</summary>
internal sealed class EventsLocator(HubConnectionString hub, IOptions<UpstreamOptions> options, WireDialer dialer)
{
    private const string What = "The upstream hub's redirect to its events";

    /// <exception cref="UpstreamFaultException">The hub could not be asked, or does not say.</exception>
    public async Task<EventsAddress> FindAsync(CancellationToken cancellationToken)
    {
        if (options.Value.EventHubsConnectionString is { Length: > 0 } text)
        {
            return EventHubsConnectionString.TryParse(text, out var given, out var problem)
                ? new EventsAddress(given.HostName, given.Port, given.EventHub, SasSigner.OfText(given.PolicyName, given.Key, dialer.Clock))
                : throw new UpstreamFaultException($"{UpstreamOptions.Section}:{nameof(UpstreamOptions.EventHubsConnectionString)} {problem}.");
        }

        var token = SasSigner.Of(hub, dialer.Clock).Sign(hub.HostName);
        var connection = await dialer.DialAsUserAsync(hub.HostName, $"{hub.PolicyName}@sas.root.{hub.HubName}", token, cancellationToken);
        try
        {
            var attach = new Attach { Source = new Source { Address = "/messages/events/$management" }, Target = new Target() };
            var link = await WireLinks.ReceiverAsync(WireSession.Begin(connection, What), attach, What, dialer, cancellationToken);
            return await WaitForRedirectAsync(link, cancellationToken);
        }
        catch (LinkRefusedException refused)
        {
            return Read(refused.Error!);
        }
        finally
        {
            await WireLinks.CloseAsync(connection, dialer);
        }
    }

    // A hub may open the link first, and say where to go in the next breath.
    private async Task<EventsAddress> WaitForRedirectAsync(Link link, CancellationToken cancellationToken)
    {
        var closed = new TaskCompletionSource<Error?>(TaskCreationOptions.RunContinuationsAsynchronously);
        link.AddClosedCallback((_, error) => closed.TrySetResult(error));
        try
        {
            var error = await closed.Task.WaitAsync(dialer.Patience, dialer.Clock, cancellationToken);
            return error?.Info is null ? throw WireErrors.Ended(What, error) : Read(error);
        }
        catch (TimeoutException)
        {
            throw new UpstreamFaultException(
                $"{What} did not come: set {UpstreamOptions.Section}:{nameof(UpstreamOptions.EventHubsConnectionString)}.");
        }
    }

    private EventsAddress Read(Error error)
    {
        var (host, address) = (Text(error, "hostname") ?? Text(error, "network-host"), Text(error, "address"));
        var name = Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.AbsolutePath.Trim('/').Split('/')[0] : null;
        return host is { Length: > 0 } && name is { Length: > 0 }
            ? new EventsAddress(
                host, Port(error) ?? (uri!.Port > 0 ? uri.Port : null), Uri.UnescapeDataString(name), SasSigner.OfText(hub.PolicyName, hub.Key, dialer.Clock))
            : throw new UpstreamFaultException($"{What} names no event hub.");
    }

    private static string? Text(Error error, string name) => error.Info?[new Symbol(name)]?.ToString();

    private static int? Port(Error error) =>
        int.TryParse(Text(error, "port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 ? port : null;
}
