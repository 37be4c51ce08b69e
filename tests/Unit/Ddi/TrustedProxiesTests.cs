using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Xunit;

namespace Muster.Ddi;

public sealed class TrustedProxiesTests
{
    private static readonly TrustedProxies Proxies = new(Options.Create(new DdiOptions { TrustedProxies = "10.0.0.1, ::1", TrustedAuthorities = "CN=Fleet, CN=Spare" }));

    [Theory]
    [InlineData("10.0.0.1", "d1", "cn=fleet", true)]
    [InlineData("::ffff:10.0.0.1", "d1", "CN=Other;CN=Spare", true)]
    [InlineData("10.0.0.2", "d1", "CN=Fleet", false)]
    [InlineData("10.0.0.1", "d2", "CN=Fleet", false)]
    [InlineData("10.0.0.1", "d1", "CN=Fleet2", false)]
    [InlineData("10.0.0.1", "d1", "", false)]
    public void A_proxy_that_is_trusted_vouches_for_the_device_that_it_names(string peer, string named, string authority, bool vouches)
    {
        var request = Request(peer);
        request.Headers["X-Controller-Id"] = named;
        request.Headers["X-Authority"] = authority;

        Assert.Equal(vouches, Proxies.Vouches(request, "d1"));
    }

    [Fact]
    public void Authorities_may_be_numbered()
    {
        var request = Request("::1");
        request.Headers["X-Controller-Id"] = "d1";
        request.Headers["X-Authority-0"] = "CN=Other";
        request.Headers["X-Authority-1"] = "CN=Fleet";

        Assert.True(Proxies.Vouches(request, "d1"));
    }

    [Fact]
    public void Links_lead_to_where_the_agent_came_by_as_a_trusted_proxy_says_it()
    {
        var request = Request("10.0.0.1");
        Assert.Equal("http://inner:8080", Proxies.OriginOf(request));

        request.Headers["X-Forwarded-Proto"] = "https";
        request.Headers["X-Forwarded-Host"] = "hub.example, inner";
        Assert.Equal("https://hub.example", Proxies.OriginOf(request));

        request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse("10.0.0.9");
        Assert.Equal("http://inner:8080", Proxies.OriginOf(request));
    }

    private static HttpRequest Request(string peer)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Scheme = "http";
        context.Request.Host = new HostString("inner", 8080);
        return context.Request;
    }
}
