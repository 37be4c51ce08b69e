using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Muster.Fixture;

internal static class ClientPatience
{
    /// <summary>The client waits for an answer as long as every client of the product does, and shorter than <c>GrainCalls</c> repeats.</summary>
    internal static void ConfigureClientPatience(this InProcessTestClusterBuilder builder) => builder.ConfigureClient(
        static client => client.Configure<ClientMessagingOptions>(static messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10)));
}
