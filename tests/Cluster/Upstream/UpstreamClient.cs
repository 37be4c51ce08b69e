using System.Diagnostics.Metrics;
using Amqp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Muster.Mqtt;

namespace Muster.Upstream;

/// <summary>The client's AMQP side, dialling the fixture's hub whatever the name is that it was given.</summary>
internal sealed class UpstreamClient : IAsyncDisposable
{
    public const int Batch = 10;

    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly UpstreamBudget budget;
    private readonly HubConnection hub;

    /// <param name="fixture">Where the hub is.</param>
    /// <param name="isRedirected">True: the hub is asked where its events are.</param>
    /// <param name="key">Of the policy <c>service</c>.</param>
    public UpstreamClient(HubFixture fixture, bool isRedirected = false, string key = HubFixture.PolicyKey)
    {
        var options = Options.Create(new UpstreamOptions
        {
            EventHubsConnectionString = isRedirected
                ? null
                : $"Endpoint=sb://{HubFixture.Host}/;SharedAccessKeyName=service;SharedAccessKey={key};EntityPath={EventHubsEndpoint.Name}",
            RequestTimeout = TimeSpan.FromSeconds(10),
            BatchEvents = Batch,
        });
        var where = new HubConnectionString(HubFixture.Host, "service", key);
        var dialer = new WireDialer(new UpstreamTrust(options), options, TimeProvider.System) { AddressOf = (_, _) => new Address($"amqp://{fixture.Amqp}") };
        var instruments = new UpstreamInstruments(services.GetRequiredService<IMeterFactory>());
        budget = new UpstreamBudget(options, static () => 1, instruments, TimeProvider.System);
        hub = new HubConnection(where, dialer, TimeProvider.System, NullLogger<HubConnection>.Instance);
        Events = new UpstreamEvents(new EventsLocator(where, options, dialer), dialer, instruments, options, NullLogger<UpstreamEvents>.Instance);
        Messages = new CloudMessageSender(hub, options, budget, instruments, dialer);
        Queues = new UpstreamQueues(hub, dialer, instruments);
    }

    /// <summary>As if the network had: what is under way is lost.</summary>
    public async Task BreakAsync(CancellationToken cancellationToken) => (await hub.BeginAsync("The test", cancellationToken)).Connection.Close(TimeSpan.Zero);

    public UpstreamEvents Events { get; }

    public CloudMessageSender Messages { get; }

    public UpstreamQueues Queues { get; }

    public async ValueTask DisposeAsync()
    {
        Messages.Dispose();
        await Events.DisposeAsync();
        await hub.DisposeAsync();
        budget.Dispose();
        await services.DisposeAsync();
    }
}
