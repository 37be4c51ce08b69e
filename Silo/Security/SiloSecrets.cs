using Muster.Clustering;
using Muster.Storage.Sqlite;

namespace Muster.Hosting;

/// <summary>
/// What all silos of a hub have in common and nobody else has: master key, policies' keys, authority, and the certificates of the hub and of
/// the cluster's members.
/// </summary>
internal static class SiloSecrets
{
    /// <summary>Makes what is missing in the security folder, under its lock. Idempotent; a complete folder is only read.</summary>
    /// <exception cref="StartupException">Something is damaged, or is missing and cannot be made.</exception>
    internal static async Task PrepareAsync(SiloSettings settings, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (IsComplete(settings, clock.GetUtcNow()))
        {
            return;
        }

        using var held = await SecurityFolder.LockAsync(settings.SecurityFolder, clock, cancellationToken);
        using var key = MasterKey(settings);
        PolicyFile.LoadOrCreate(settings.SecurityFolder, key);
        using var authority = DevelopmentCa.LoadOrCreate(settings.SecurityFolder, clock);
        using var server = ServerCertificate.LoadOrCreate(settings.SecurityFolder, authority, ServerCertificate.NamesFor(settings), clock);
        if (settings.Tls)
        {
            using var member = ClusterCertificate.LoadOrMake(settings.SecurityFolder, authority, [ClusterCredentials.MemberName], clock.GetUtcNow());
        }
    }

    internal static MasterKey MasterKey(SiloSettings settings) => Hosting.MasterKey.LoadOrCreate(
        settings.SecurityFolder,
        isNeeded: File.Exists(Path.Combine(settings.SecurityFolder, PolicyFile.FileName)) || (!settings.IsCluster && SqliteStore.Exists(settings.DataFolder)));

    /// <summary>For both ends of the connections between silos, and for the gateways' end of theirs.</summary>
    private static LeafCertificate ClusterCertificate { get; } = new(ClusterCredentials.CertificateFile, ClusterCredentials.KeyFile, "CN=Muster cluster member",
        LeafCertificate.ServerAuthentication, LeafCertificate.ClientAuthentication);

    private static bool IsComplete(SiloSettings settings, DateTimeOffset now)
    {
        var folder = settings.SecurityFolder;
        if (!File.Exists(Path.Combine(folder, Hosting.MasterKey.FileName)) || !File.Exists(Path.Combine(folder, PolicyFile.FileName)))
        {
            return false;
        }

        using var authority = DevelopmentCa.Load(folder);
        return authority is not null && ServerCertificate.Kind.IsUsableIn(folder, authority, ServerCertificate.NamesFor(settings), now)
            && (!settings.Tls || ClusterCertificate.IsUsableIn(folder, authority, [ClusterCredentials.MemberName], now));
    }
}
