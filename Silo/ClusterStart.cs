using Muster.Storage;
using Muster.Storage.Postgres;
using Npgsql;

namespace Muster.Hosting;

/// <summary>What a silo of a cluster does before it joins: the database's schema, and whether its name is free.</summary>
internal static class ClusterStart
{
    // Heartbeats come every 5 s: a member that is alive is seen to write one in this time.
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan DatabasePatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Makes shared secrets that are missing, and brings the database to this program's schema; nothing for one process alone.</summary>
    /// <exception cref="StartupException">The secrets are damaged or cannot be made.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be used.</exception>
    internal static async Task PrepareAsync(SiloSettings settings, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (settings.SharesSecrets)
        {
            await SiloSecrets.PrepareAsync(settings, clock, cancellationToken);
        }

        if (settings.ConnectionString is { } database)
        {
            // Orleans reads its membership statements from the database before it starts any storage of ours.
            await MigrateAsync(database, clock, cancellationToken);
        }
    }

    // A database that is just starting, as it does beside its silos, is waited for a little.
    private static async Task MigrateAsync(string database, TimeProvider clock, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await using var store = await PostgresStore.OpenAsync(new PostgresSettings { ConnectionString = database }, cancellationToken);
                return;
            }
            catch (StoreUnavailableException exception)
                when (exception.InnerException is NpgsqlException { IsTransient: true } && clock.GetElapsedTime(started) < DatabasePatience)
            {
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    /// <summary>Names decide who owns which partitions, so two live silos must not share one; a dead silo's successor takes its name over.</summary>
    /// <exception cref="StartupException">Another silo of this name is alive.</exception>
    internal static async Task RefuseNamesakeAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var (table, settings, clock) =
            (services.GetRequiredService<IMembershipTable>(), services.GetRequiredService<SiloSettings>(), services.GetRequiredService<TimeProvider>());
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true, cancellationToken);
        var before = Namesakes(await table.ReadAllAsync(cancellationToken), settings);
        var started = clock.GetTimestamp();
        for (var left = before; left.Count > 0 && clock.GetElapsedTime(started) < Watch;)
        {
            await Task.Delay(Pause, clock, cancellationToken);
            left = Namesakes(await table.ReadAllAsync(cancellationToken), settings);
            if (left.Find(member => before.Exists(old => old.SiloAddress.Equals(member.SiloAddress) && old.IAmAliveTime < member.IAmAliveTime)) is { } alive)
            {
                throw new StartupException(ExitCode.Usage,
                    $"another silo of this cluster, at {alive.SiloAddress.Endpoint}, is called {settings.SiloName}: give each its own {SettingKeys.SiloName}");
            }
        }
    }

    // At our own address it can only be the process that was here before.
    private static List<MembershipEntry> Namesakes(MembershipTableData table, SiloSettings settings) =>
    [
        .. table.Members.Select(member => member.Item1).Where(member => member.SiloName == settings.SiloName && member.Status != SiloStatus.Dead
            && !(member.SiloAddress.Endpoint.Address.Equals(settings.AdvertisedAddress) && member.SiloAddress.Endpoint.Port == settings.SiloPort)),
    ];
}
