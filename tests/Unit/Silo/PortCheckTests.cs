using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Muster.Hosting;

public sealed class PortCheckTests
{
    private static readonly SiloSettings Settings = SettingsReaderTests.Read([]).Settings;

    [Fact]
    public void Https_is_on_443_where_it_may_be()
    {
        var (settings, notice) = PortCheck.ChooseHttps(Settings, _ => SocketError.Success);
        Assert.Equal(443, settings.HttpsPort);
        Assert.Null(notice);
    }

    [Fact]
    public void Https_gives_way_to_8443_only_where_443_is_not_allowed_and_says_so()
    {
        var (settings, notice) = PortCheck.ChooseHttps(Settings, Refuse(443, SocketError.AccessDenied));
        Assert.Equal(8443, settings.HttpsPort);
        Assert.Contains("8443", notice, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", notice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_busy_443_does_not_give_way()
    {
        var (settings, _) = PortCheck.ChooseHttps(Settings, Refuse(443, SocketError.AddressAlreadyInUse));
        Assert.Equal(443, settings.HttpsPort);
    }

    [Fact]
    public void A_443_that_was_asked_for_does_not_give_way()
    {
        var (settings, _) = PortCheck.ChooseHttps(Settings with { HttpsPort = 443 }, Refuse(443, SocketError.AccessDenied));
        var refused = Assert.Throws<StartupException>(() => PortCheck.ThrowIfBusy(settings, Refuse(443, SocketError.AccessDenied)));
        Assert.Equal(["cannot listen on 127.0.0.1:443: not allowed (--https-port chooses another)"], refused.Lines);
    }

    [Fact]
    public void Every_port_that_is_busy_has_its_line_and_the_exit_code_is_4()
    {
        var refused = Assert.Throws<StartupException>(() => PortCheck.ThrowIfBusy(
            Settings with { HttpsPort = 443, AmqpPlainPort = 5672 }, _ => SocketError.AddressAlreadyInUse));
        Assert.Equal(4, refused.ExitCode);
        Assert.Equal(6, refused.Lines.Count);
        Assert.Contains("cannot listen on 127.0.0.1:8883: the port is in use (--mqtt-port chooses another)", refused.Lines);
        Assert.Contains("cannot listen on 127.0.0.1:5671: the port is in use (--amqp-port chooses another)", refused.Lines);
        Assert.Contains("cannot listen on 127.0.0.1:5672: the port is in use (--set Hub:AmqpPlainPort chooses another)", refused.Lines);
    }

    [Fact]
    public void A_port_that_this_process_does_not_serve_is_not_asked_for() =>
        PortCheck.ThrowIfBusy(Settings with { HttpsPort = 443, Roles = SiloRoles.Gateway }, Refuse(8883, SocketError.AddressAlreadyInUse));

    [Fact]
    public void A_listener_makes_its_port_busy_until_it_ends()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = (IPEndPoint)listener.LocalEndpoint;
        Assert.Equal(SocketError.AddressAlreadyInUse, PortCheck.TryListen(endpoint));
        listener.Stop();
        Assert.Equal(SocketError.Success, PortCheck.TryListen(endpoint));
    }

    private static Func<IPEndPoint, SocketError> Refuse(int port, SocketError error) => endpoint => endpoint.Port == port ? error : SocketError.Success;
}
