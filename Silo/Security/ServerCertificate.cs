using System.Security.Cryptography.X509Certificates;

namespace Muster.Hosting;

/// <summary>The certificate that the hub's ports present, signed by the <see cref="DevelopmentCa"/>.</summary>
internal static class ServerCertificate
{
    internal const string CertificateFile = "server.pem";
    internal const string KeyFile = "server.key";

    internal static readonly LeafCertificate Kind = new(CertificateFile, KeyFile, "CN=Muster", LeafCertificate.ServerAuthentication);

    /// <summary>
    /// What clients may dial: all names of the hub, and the machine's own. In a cluster only the names that all its silos have, since they share
    /// the certificate.
    /// </summary>
    internal static IReadOnlyCollection<string> NamesFor(SiloSettings settings)
    {
        var machine = Environment.MachineName;
        var names = settings.IsCluster ? settings.SharedNames()
            : Uri.CheckHostName(machine) == UriHostNameType.Dns ? settings.AllNames().Append(machine)
            : settings.AllNames();
        return [.. names.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>As <see cref="LeafCertificate.LoadOrMake"/>.</summary>
    internal static X509Certificate2 LoadOrCreate(string folder, DevelopmentCa ca, IReadOnlyCollection<string> names, TimeProvider clock) =>
        Kind.LoadOrMake(folder, ca, names, clock.GetUtcNow());

    /// <summary>As <see cref="LeafCertificate.Serves"/>.</summary>
    internal static bool Serves(X509Certificate2 certificate, DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now) =>
        LeafCertificate.Serves(certificate, ca, names, now);

    internal static X509Certificate2 Create(DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now) => Kind.Create(ca, names, now);

    internal static IEnumerable<string> NamesOf(X509Certificate2 certificate) => LeafCertificate.NamesOf(certificate);
}
