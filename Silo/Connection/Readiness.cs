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
            await HandshakeAsync(settings.HttpsPort!.Value, cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is IOException or SocketException or HttpRequestException
            or System.Security.Authentication.AuthenticationException)
        {
            return exception.Message;
        }
    }

    private async Task HandshakeAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(settings.LocalAddress, port, cancellationToken);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = settings.HostName, CertificateChainPolicy = TrustOurs() }, cancellationToken);
    }

    private X509ChainPolicy TrustOurs()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(ca.Certificate);
        return policy;
    }
}
