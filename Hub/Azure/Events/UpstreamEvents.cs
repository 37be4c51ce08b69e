using System.Globalization;
using Amqp;
using Amqp.Framing;
using Amqp.Sasl;
using Amqp.Types;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>The upstream's events over one connection of this silo.</summary>
internal sealed class UpstreamEvents : IUpstreamEvents, IAsyncDisposable
{
    private static readonly Symbol Filter = new("apache.org:selector-filter:string");
    private const ulong FilterCode = 0x0000468C00000004;
    private static readonly Symbol Epoch = new("com.microsoft:epoch");
    private static readonly Symbol ReceiverName = new("com.microsoft:receiver-name");

    private readonly WireDialer dialer;
    private readonly UpstreamInstruments instruments;
    private readonly UpstreamOptions options;
    private readonly SharedConnection shared;
    private EventsAddress? address;

    public UpstreamEvents(
        EventsLocator locator, WireDialer dialer, UpstreamInstruments instruments, IOptions<UpstreamOptions> options, ILogger<UpstreamEvents> logger)
    {
        (this.dialer, this.instruments, this.options) = (dialer, instruments, options.Value);
        shared = new SharedConnection(async cancellationToken =>
        {
            // Asked again for each connection: a hub that was failed over has its events elsewhere.
            address = await locator.FindAsync(cancellationToken);
            var connection = await dialer.DialAsync(address.Host, address.Port, SaslProfile.Anonymous, cancellationToken);
            return await WireConnection.OpenAsync(connection, address.Signer, dialer, logger, cancellationToken);
        }, dialer.Clock);
    }

    /// <summary>For tests that break it.</summary>
    internal Task<WireConnection> ConnectionAsync(CancellationToken cancellationToken) => shared.GetAsync(cancellationToken);

    public async Task<int> CountPartitionsAsync(CancellationToken cancellationToken)
    {
        var connection = await shared.GetAsync(cancellationToken);
        var audience = address!.Audience("$management");
        await connection.AuthorizeAsync(audience, cancellationToken);
        await using var management = await WireNode.OpenAsync(connection.Connection, "$management", dialer, cancellationToken);
        var answer = await management.AskAsync(
            new Message
            {
                ApplicationProperties = new ApplicationProperties
                {
                    ["operation"] = "READ",
                    ["name"] = address.EventHub,
                    ["type"] = "com.microsoft:eventhub",
                    ["security_token"] = address.Signer.Sign(audience),
                },
                BodySection = new AmqpValue { Value = "" },
            },
            cancellationToken);
        var count = ((answer.BodySection as AmqpValue)?.Value as Map)?["partition_count"];
        return count is IConvertible given && given.ToInt32(CultureInfo.InvariantCulture) is > 0 and var number
            ? number
            : throw new UpstreamFaultException("The upstream's $management does not say how many partitions there are.");
    }

    public async Task<IUpstreamReceiver> OpenAsync(int partition, long nextSequence, long epoch, CancellationToken cancellationToken)
    {
        var connection = await shared.GetAsync(cancellationToken);
        var path = string.Create(CultureInfo.InvariantCulture, $"ConsumerGroups/{options.ConsumerGroup}/Partitions/{partition}");
        var what = $"The receiver of the upstream's partition {partition}";
        var audience = address!.Audience(path);
        await connection.AuthorizeAsync(audience, cancellationToken);
        var session = WireSession.Begin(connection.Connection, what);
        var link = await WireLinks.ReceiverAsync(session, Attach($"{address.EventHub}/{path}", nextSequence, epoch), what, dialer, cancellationToken);
        return new UpstreamReceiver(link, partition, what, options.BatchEvents, dialer, instruments);
    }

    public ValueTask DisposeAsync() => shared.DisposeAsync();

    // A receiver that asks for events behind -1 by offset gets the oldest there is; sequence numbers go on from a known one.
    private static string Selector(long nextSequence) => nextSequence <= 0
        ? "amqp.annotation.x-opt-offset > '-1'"
        : string.Create(CultureInfo.InvariantCulture, $"amqp.annotation.x-opt-sequence-number > '{nextSequence - 1}'");

    private static Attach Attach(string source, long nextSequence, long epoch) => new()
    {
        Source = new Source { Address = source, FilterSet = new Map { [Filter] = new DescribedValue(FilterCode, Selector(nextSequence)) } },
        Target = new Target(),
        SndSettleMode = SenderSettleMode.Settled,
        Properties = new Fields { [Epoch] = epoch, [ReceiverName] = $"muster-{epoch}" },
    };
}
