using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Muster.Local;

/// <summary>Asks a node's <c>/health/ready</c> until it says yes.</summary>
/// <param name="endpoint">Where.</param>
/// <param name="authority">The PEM file to trust; it may appear later.</param>
internal sealed class HealthProbe(IPEndPoint endpoint, string authority)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private readonly Uri address = new UriBuilder("https", endpoint.Address.ToString(), endpoint.Port, "/health/ready").Uri;

    internal async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (!await IsReadyAsync(cancellationToken))
        {
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trust() } };
            using var http = new HttpClient(handler) { Timeout = Patience };
            using var answer = await http.GetAsync(address, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or AuthenticationException or CryptographicException)
        {
            return false;
        }
    }

    private X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authority);
        return policy;
    }
}
