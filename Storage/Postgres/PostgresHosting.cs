using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.CloudToDevice;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Documents;
using Muster.Storage.Postgres.Log;
using Muster.Storage.Query;
using Muster.Telemetry;
using Muster.Updates;
using Orleans.Runtime.Hosting;

namespace Muster.Storage.Postgres;

/// <summary>Puts PostgreSQL behind the ports of <c>Grains</c>.</summary>
public static class PostgresHosting
{
    /// <summary>
    /// The database that all silos of the cluster share: connected and migrated before any grain runs, left after the last one stopped and
    /// everything pending is durable. Starting the silo throws <see cref="StoreUnavailableException"/> if the database cannot be used.
    /// </summary>
    public static ISiloBuilder AddPostgresStorage(this ISiloBuilder silo, string connectionString)
    {
        silo.Services.AddSingleton(services => new PostgresLifecycle(new PostgresSettings
        {
            ConnectionString = connectionString,
            Clock = services.GetService<TimeProvider>(),
            Loggers = services.GetService<ILoggerFactory>(),
            Meters = services.GetService<IMeterFactory>(),
        }));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<PostgresLifecycle>());
        silo.Services.AddPostgresLog(connectionString);
        return silo.AddPorts(services =>
        {
            var lifecycle = services.GetRequiredService<PostgresLifecycle>();
            return () => lifecycle.Store;
        });
    }

    /// <summary>A store that is open already and that the caller closes after the silo that uses it.</summary>
    public static ISiloBuilder AddPostgresStorage(this ISiloBuilder silo, PostgresStore store) => silo.AddPorts(_ => () => store);

    private static ISiloBuilder AddPorts(this ISiloBuilder silo, Func<IServiceProvider, Func<PostgresStore>> store)
    {
        silo.Services.AddSingleton(services => new PostgresDeviceStorage(store(services)));
        silo.Services.AddGrainStorage(StorageNames.Devices, (services, _) => services.GetRequiredService<PostgresDeviceStorage>());
        silo.Services.AddDocuments(services => new PostgresDocuments(store(services)));
        silo.Services.AddSingleton<IDeviceReader>(services => services.GetRequiredService<PostgresDeviceStorage>());
        silo.Services.AddSingleton<ICheckpointStore>(services => new PostgresCheckpointStore(store(services)));
        silo.Services.AddSingleton<IServiceQueueStore>(services => new PostgresServiceQueueStore(store(services)));
        silo.Services.AddSingleton<IUpdateHistory>(services => new PostgresUpdateHistory(store(services)));
        silo.Services.AddSingleton<IRolloutTargets>(services =>
            new PostgresRolloutTargets(store(services), services.GetService<TimeProvider>() ?? TimeProvider.System));
        silo.Services.AddFleetQueries();
        silo.Services.AddSingleton<IFleetIndex>(services =>
        {
            var opened = store(services);
            return new PostgresFleetIndex(
                () => opened().Settings.ConnectionString,
                services.GetRequiredService<IOptions<FleetQueryOptions>>().Value,
                services.GetService<TimeProvider>() ?? TimeProvider.System);
        });
        silo.Services.AddSingleton(services => new PostgresWaitingIndex(store(services)));
        silo.Services.AddSingleton<IDeadlineIndex>(services => services.GetRequiredService<PostgresWaitingIndex>());
        silo.Services.AddSingleton<ISessionIndex>(services => services.GetRequiredService<PostgresWaitingIndex>());
        return silo;
    }
}

/// <summary>Opens the store before anything that could use it starts, and closes it after all of that stopped.</summary>
internal sealed class PostgresLifecycle(PostgresSettings settings) : ILifecycleParticipant<ISiloLifecycle>
{
    private PostgresStore? store;

    public PostgresStore Store => store ?? throw new StorageFaultException("The store is not open.");

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(PostgresLifecycle),
        ServiceLifecycleStage.RuntimeStorageServices,
        async cancellationToken => store = await PostgresStore.OpenAsync(settings, cancellationToken),
        async _ =>
        {
            if (store is { } open)
            {
                await open.DisposeAsync();
            }
        });
}
