using Microsoft.Extensions.DependencyInjection;
using Muster.Hosting;
using Xunit;

namespace Muster.Upstream;

public sealed class UpstreamHostingTests
{
    [Fact]
    public async Task Where_a_hub_is_named_all_its_ports_are_there()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.Configure<UpstreamOptions>(static options => options.ConnectionString = "HostName=h;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0");
        services.AddUpstreamClient(static _ => static () => 1);
        await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        Assert.NotNull(provider.GetService<IUpstreamHub>());
        Assert.NotNull(provider.GetService<IUpstreamEvents>());
        Assert.NotNull(provider.GetService<IUpstreamQueues>());
    }

    [Fact]
    public void The_silo_knows_the_section_and_nothing_else_in_it()
    {
        Assert.Empty(KnownSettings.Errors(["Upstream:ConnectionString", "Upstream:CaCertificate", "Upstream:BatchEvents"]));
        Assert.Single(KnownSettings.Errors(["Upstream:Nonsense"]));
    }
}
