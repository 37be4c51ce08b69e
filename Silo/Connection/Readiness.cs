using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Muster.Hosting;

/// <summary>Asks the hub's ports from outside, as a client would, until all of them answer.</summary>
internal sealed class Readiness(SiloSettings settings, DevelopmentCa ca, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <exception cref="StartupException">Something did not answer in time.</exception>
    internal async Task WaitAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            if (await FirstSilentAsync(cancellationToken) is not { } why)
            {
                return;
            }

            if (clock.GetElapsedTime(started) > Patience)
            {
                throw new StartupException(ExitCode.Failed, $"not ready after {Patience.TotalSeconds:0} s: {why}");
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private async Task<string?> FirstSilentAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (settings.Roles.HasFlag(SiloRoles.Hub))
            {
                await using var mqtt = await ConnectAsync(settings.MqttPort, cancellationToken);
                await using var amqp = await ConnectAsync(settings.AmqpPort, cancellationToken);
            }

            return settings.Roles.HasFlag(SiloRoles.Gateway) ? await AskHealthAsync(cancellationToken) : null;
        }
        catch (Exception exception) when (exception is IOException or SocketException or HttpRequestException
            or System.Security.Authentication.AuthenticationException)
        {
            return exception.Message;
        }
    }

    private async Task<string?> AskHealthAsync(CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { ConnectCallback = async (_, stop) => await ConnectAsync(settings.HttpsPort!.Value, stop) };
        using var http = new HttpClient(handler);

        // Plain to the client: the connection that it is given is TLS already.
        var address = new UriBuilder("http", settings.HostName, settings.HttpsPort!.Value, "/health/ready").Uri;
        using var answer = await http.GetAsync(address, cancellationToken);
        return answer.IsSuccessStatusCode ? null : $"{address.AbsolutePath} answers {(int)answer.StatusCode}";
    }

    private async Task<SslStream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        SslStream? tls = null;
        try
        {
            await socket.ConnectAsync(settings.LocalAddress, port, cancellationToken);
            tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = settings.HostName, CertificateChainPolicy = TrustOurs() }, cancellationToken);
            return tls;
        }
        catch
        {
            socket.Dispose();
            tls?.Dispose();
            throw;
        }
    }

    private X509ChainPolicy TrustOurs()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(ca.Certificate);
        return policy;
    }
}
