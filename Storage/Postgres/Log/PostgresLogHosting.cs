using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Storage.Log;
using Muster.Telemetry;
using Npgsql;

namespace Muster.Storage.Postgres.Log;

/// <summary>Registers the event log that all silos share.</summary>
public static class PostgresLogHosting
{
    /// <summary>
    /// An <see cref="IEventLog"/> in the cluster's database: opened, and the database migrated, before any hosted service starts, closed after
    /// all have stopped. Start fails with <see cref="StoreUnavailableException"/> if the database cannot be used.
    /// </summary>
    /// <param name="services">Where to register it.</param>
    /// <param name="connectionString">As Npgsql reads it; holds a secret.</param>
    public static IServiceCollection AddPostgresLog(this IServiceCollection services, string connectionString)
    {
        services.AddOptions<EventLogOptions>().BindConfiguration(EventLogOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EventLogOptions>, EventLogOptionsValidator>();
        services.AddSingleton(provider => new HostedPostgresLog(
            connectionString,
            provider.GetRequiredService<IOptions<EventLogOptions>>(),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IEventLog>(provider => provider.GetRequiredService<HostedPostgresLog>());
        services.AddHostedService(provider => provider.GetRequiredService<HostedPostgresLog>());
        return services;
    }
}

/// <summary>The log for as long as the host runs, over connections of its own.</summary>
internal sealed class HostedPostgresLog(string connectionString, IOptions<EventLogOptions> options, TimeProvider clock, ILoggerFactory loggers)
    : IEventLog, IHostedLifecycleService, IAsyncDisposable
{
    private NpgsqlDataSource? source;
    private PostgresEventLog? log;

    public int PartitionCount => PartitionHash.EventPartitions;

    private PostgresEventLog Log => log ?? throw new InvalidOperationException("The event log opens when the host starts.");

    /// <summary>Connections for the log: few, and each keeps the statements that it runs over and over.</summary>
    internal static NpgsqlDataSource Source(string connectionString, ILoggerFactory? loggers)
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgresConnection.Parse(connectionString).ConnectionString)
        {
            MaxAutoPrepare = 16,
            AutoPrepareMinUsages = 3,
            MaxPoolSize = 20,
            Timeout = 5,
        };
        settings.ApplicationName ??= "muster";
        settings.Options = $"{PostgresConnection.Bounded(settings.Options, PostgresConnection.AbandonedAfter)} -c jit=off";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).UseLoggerFactory(loggers).Build();
    }

    public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count) => Log.AppendAsync(partition, records, count);

    public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(
        int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken) =>
        Log.ReadAsync(partition, fromOffset, maxEvents, maxBytes, cancellationToken);

    public ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken) => Log.WaitForAsync(partition, offset, cancellationToken);

    public PartitionStatus Describe(int partition) => Log.Describe(partition);

    public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken) =>
        Log.FindAsync(partition, from, cancellationToken);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        source = Source(connectionString, loggers);
        try
        {
            await PostgresMigrations.ApplyAsync(source, cancellationToken);
            log = await PostgresEventLog.OpenAsync(
                new PostgresLogContext(source, options.Value, clock, loggers.CreateLogger<PostgresEventLog>()), cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw PostgresConnection.Unavailable(PostgresConnection.Parse(connectionString), e);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        // The host stops it, and the container disposes of it once more.
        var (opened, connections) = (log, source);
        (log, source) = (null, null);
        if (opened is not null)
        {
            await opened.DisposeAsync();
        }

        if (connections is not null)
        {
            await connections.DisposeAsync();
        }
    }
}
