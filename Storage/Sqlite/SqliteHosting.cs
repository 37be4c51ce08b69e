using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.CloudToDevice;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Documents;
using Muster.Storage.Query;
using Muster.Telemetry;
using Muster.Updates;
using Orleans.Runtime.Hosting;

namespace Muster.Storage.Sqlite;

/// <summary>Puts the embedded store behind the ports of <c>Grains</c>.</summary>
public static class SqliteHosting
{
    /// <summary>
    /// The silo's own store: opened before any grain runs, closed after the last one stopped and everything pending is durable.
    /// Starting the silo throws <see cref="DataFolderException"/> if the folder cannot be used.
    /// </summary>
    public static ISiloBuilder AddSqliteStorage(this ISiloBuilder silo, string dataFolder) =>
        silo.AddOwnStore(services => SqliteStore.Open(dataFolder, Clock(services), services.GetRequiredService<ILoggerFactory>()));

    /// <summary>
    /// As above, in a folder that the program has opened before it touched anything in it, and closes after the silo stopped.
    /// </summary>
    public static ISiloBuilder AddSqliteStorage(this ISiloBuilder silo, DataFolder dataFolder) =>
        silo.AddOwnStore(services => SqliteStore.Open(dataFolder, Clock(services), services.GetRequiredService<ILoggerFactory>()));

    /// <summary>A store that is open already and that the caller closes after the silos that share it.</summary>
    public static ISiloBuilder AddSqliteStorage(this ISiloBuilder silo, SqliteStore store) => silo.AddPorts(_ => () => store);

    private static ISiloBuilder AddOwnStore(this ISiloBuilder silo, Func<IServiceProvider, SqliteStore> open)
    {
        silo.Services.AddSingleton(services => new SqliteLifecycle(() => open(services)));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<SqliteLifecycle>());
        return silo.AddPorts(services =>
        {
            var lifecycle = services.GetRequiredService<SqliteLifecycle>();
            return () => lifecycle.Store;
        });
    }

    private static TimeProvider Clock(IServiceProvider services) => services.GetService<TimeProvider>() ?? TimeProvider.System;

    private static ISiloBuilder AddPorts(this ISiloBuilder silo, Func<IServiceProvider, Func<SqliteStore>> store)
    {
        silo.Services.AddSingleton(services => new SqliteDeviceStorage(store(services)));
        silo.Services.AddGrainStorage(StorageNames.Devices, (services, _) => services.GetRequiredService<SqliteDeviceStorage>());
        silo.Services.AddDocuments(services => new SqliteDocuments(store(services)));
        silo.Services.AddSingleton<IDeviceReader>(services => services.GetRequiredService<SqliteDeviceStorage>());
        silo.Services.AddSingleton<ICheckpointStore>(services => new SqliteCheckpointStore(store(services)));
        silo.Services.AddSingleton<IServiceQueueStore>(services => new SqliteServiceQueueStore(store(services)));
        silo.Services.AddSingleton<IUpdateHistory>(services => new SqliteUpdateHistory(Lookups(store(services))));
        silo.Services.AddSingleton<IRolloutTargets>(services => RolloutTargets(store(services), Clock(services)));
        silo.Services.AddFleetQueries();
        silo.Services.AddSingleton<IFleetIndex>(services => FleetIndex(store(services), services.GetRequiredService<IOptions<FleetQueryOptions>>().Value, Clock(services)));
        silo.Services.AddSingleton(services => WaitingIndex(store(services)));
        silo.Services.AddSingleton<IDeadlineIndex>(services => services.GetRequiredService<SqliteWaitingIndex>());
        silo.Services.AddSingleton<ISessionIndex>(services => services.GetRequiredService<SqliteWaitingIndex>());
        return silo;
    }

    private static SqliteFleetIndex FleetIndex(Func<SqliteStore> store, FleetQueryOptions options, TimeProvider clock) => new(
        Queries(store), Lookups(store), options, clock);

    private static SqliteWaitingIndex WaitingIndex(Func<SqliteStore> store) => new(Lookups(store));

    private static SqliteRolloutTargets RolloutTargets(Func<SqliteStore> store, TimeProvider clock) => new(store, Queries(store), Lookups(store), clock);

    private static SqliteLane Queries(Func<SqliteStore> store) => new(() => store().Queries, SqliteStore.QueryThreads);

    private static SqliteLane Lookups(Func<SqliteStore> store) => new(() => store().Lookups, threads: 1);

    private sealed class SqliteLane(Func<SqliteReaders> readers, int threads) : ISqliteReadPool
    {
        public int Threads => threads;

        public Task<T> ReadAsync<T>(Func<SqliteDatabase, T> read, CancellationToken cancellationToken) => readers().ReadAsync(read, cancellationToken);
    }
}

/// <summary>Opens the store before anything that could use it starts, and closes it after all of that stopped.</summary>
internal sealed class SqliteLifecycle(Func<SqliteStore> open) : ILifecycleParticipant<ISiloLifecycle>
{
    private SqliteStore? store;

    public SqliteStore Store => store ?? throw new StorageFaultException("The store is not open.");

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SqliteLifecycle),
        ServiceLifecycleStage.RuntimeStorageServices,
        _ =>
        {
            store = open();
            return Task.CompletedTask;
        },
        async _ =>
        {
            if (store is { } open)
            {
                await open.DisposeAsync();
            }
        });
}
