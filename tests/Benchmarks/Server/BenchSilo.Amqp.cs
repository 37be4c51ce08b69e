using Microsoft.Extensions.DependencyInjection;
using Muster.Access;
using Muster.Benchmarks.Load;
using Muster.Hosting;

namespace Muster.Benchmarks.Server;

/// <summary>What a back office needs to dial.</summary>
internal sealed partial class BenchSilo
{
    private const int AmqpPort = 5671;

    /// <summary>Of the development CA that the hub's certificate is from.</summary>
    internal string CaFile => Path.Combine(StoreFolder, DevelopmentCa.CertificateFile);

    internal string EventHubsConnectionString => AccessPolicies.EventHubsConnectionString(Address, AmqpPort, Service);

    private AccessPolicy Service => app.Services.GetRequiredService<IAccessPolicies>().Find("service")
        ?? throw new InvalidOperationException("The hub has no policy 'service'.");

    private string ServiceToken =>
        RawPackets.Token(Address, Convert.FromBase64String(Service.PrimaryKey), TimeProvider.System.GetUtcNow().AddHours(1)) + $"&skn={Service.Name}";

    /// <summary>For a back office's AMQP client.</summary>
    internal LoadOrder AmqpOrder(string kind, string prefix, double seconds) =>
        new(kind, Address, AmqpPort, Address, prefix, 0, 0, seconds) { Token = ServiceToken };
}
