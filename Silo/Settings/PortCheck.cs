using System.Net;
using System.Net.Sockets;

namespace Muster.Hosting;

/// <summary>Whether the ports can be had, found out before anything heavy starts.</summary>
internal static class PortCheck
{
    private const int Https = 443;
    private const int HttpsUnprivileged = 8443;

    /// <summary>Chooses the HTTPS port: 443 unless another was asked for; 8443 where 443 may not be bound, with a line to say so.</summary>
    /// <param name="settings">What was asked for.</param>
    /// <param name="tryListen">Tells why an endpoint cannot be listened on; Success if it can.</param>
    internal static (SiloSettings Settings, string? Notice) ChooseHttps(SiloSettings settings, Func<IPEndPoint, SocketError> tryListen)
    {
        if (settings.HttpsPort is not null)
        {
            return (settings, null);
        }

        return tryListen(new(settings.Bind, Https)) != SocketError.AccessDenied ? (settings with { HttpsPort = Https }, null)
            : (settings with { HttpsPort = HttpsUnprivileged },
                $"Port {Https} may not be bound by this user, so HTTPS is on {HttpsUnprivileged}; SDKs dial only {Https}, see README.");
    }

    /// <summary>Tries all ports that are going to be listened on.</summary>
    /// <exception cref="StartupException">A port cannot be had: exit code 4, one line per port.</exception>
    internal static void ThrowIfBusy(SiloSettings settings, Func<IPEndPoint, SocketError> tryListen)
    {
        List<(string Option, IPEndPoint Endpoint)> ports =
        [
            ("--https-port", new(settings.Bind, settings.HttpsPort ?? Https)),
            ("--silo-port", new(settings.ClusterBind, settings.SiloPort)),
            ("--gateway-port", new(settings.ClusterBind, settings.GatewayPort)),
        ];
        if (settings.PlainPort is { } plainHttp)
        {
            ports.Add(("--http-port", new(settings.Bind, plainHttp)));
        }

        if (settings.Roles.HasFlag(SiloRoles.Hub))
        {
            ports.Add(("--mqtt-port", new(settings.Bind, settings.MqttPort)));
            ports.Add(("--amqp-port", new(settings.Bind, settings.AmqpPort)));
            if (settings.AmqpPlainPort is { } plain)
            {
                ports.Add(($"--set {SettingKeys.AmqpPlainPort}", new(settings.Bind, plain)));
            }
        }

        List<string> refused = [];
        foreach (var (option, endpoint) in ports)
        {
            if (Explain(tryListen(endpoint)) is { } why)
            {
                refused.Add($"cannot listen on {endpoint}: {why} ({option} chooses another)");
            }
        }

        if (refused.Count > 0)
        {
            throw new StartupException(ExitCode.Port, refused);
        }
    }

    /// <summary>Listens for a moment.</summary>
    internal static SocketError TryListen(IPEndPoint endpoint)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            socket.Listen(1);
            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }

    private static string? Explain(SocketError error) => error switch
    {
        SocketError.Success => null,
        SocketError.AddressAlreadyInUse => "the port is in use",
        SocketError.AccessDenied => "not allowed",
        SocketError.AddressNotAvailable => "the address is not of this machine",
        _ => error.ToString(),
    };
}
