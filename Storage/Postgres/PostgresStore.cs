using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Muster.Devices;
using Muster.Telemetry;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>One silo's way into the PostgreSQL database that all silos of a cluster share.</summary>
public sealed class PostgresStore : IAsyncDisposable
{
    private const int SharedConnections = 12;
    private const int BlobConnections = 4;

    private readonly NpgsqlDataSource byKey;
    private readonly ImmutableArray<DeviceWriter> writers;
    private readonly ImmutableArray<DeviceRowLane> readers;
    private readonly AbandonedTransactions abandoned;
    private bool closed;

    private PostgresStore(NpgsqlDataSource database, NpgsqlDataSource blobs, NpgsqlDataSource byKey, PostgresSettings settings)
    {
        Database = database;
        Blobs = blobs;
        this.byKey = byKey;
        Settings = settings;
        var logger = (settings.Loggers ?? NullLoggerFactory.Instance).CreateLogger<PostgresStore>();
        var clock = settings.Clock ?? TimeProvider.System;
        var instruments = new PostgresInstruments(settings.Meters);
        writers = Lanes(settings.Writers, connection => new DeviceWriter(connection, instruments.Of("write"), logger));
        readers = Lanes(settings.Readers, connection => new DeviceRowLane(connection, instruments.Of("read"), logger));
        Documents = new DocumentLane(Connection(logger), instruments.Of("document"), logger);
        Documents.Start();
        Start<DeviceWriter, IWriteOperation>(writers);
        Start<DeviceRowLane, DeviceRead>(readers);
        abandoned = new AbandonedTransactions(database, settings.AbandonedAfter, clock, logger);

        ImmutableArray<T> Lanes<T>(int count, Func<LaneConnection, T> make) => [.. Enumerable.Range(0, Math.Max(1, count))
            .Select(_ => make(Connection(logger)))];
    }

    /// <summary>A pool of connections without any particular setting, for what is neither a grain's read nor a grain's write.</summary>
    internal NpgsqlDataSource Database { get; }

    /// <summary>Like <see cref="Database"/>, for blobs alone: devices that upload much, or wait for one another, hold up nobody else.</summary>
    internal NpgsqlDataSource Blobs { get; }

    internal PostgresSettings Settings { get; }

    internal DocumentLane Documents { get; }

    /// <summary>Connects and brings the database to this program's schema.</summary>
    /// <exception cref="StoreUnavailableException">Out of reach, not open to us, or of a newer schema.</exception>
    public static async Task<PostgresStore> OpenAsync(PostgresSettings settings, CancellationToken cancellationToken)
    {
        var connectionString = PostgresConnection.Parse(settings.ConnectionString);
        var database = PostgresConnection.Pool(connectionString, settings, SharedConnections);
        try
        {
            await PostgresMigrations.ApplyAsync(database, cancellationToken);
            return new PostgresStore(
                database, PostgresConnection.Pool(connectionString, settings, BlobConnections), PostgresConnection.ByKey(connectionString, settings), settings);
        }
        catch (Exception e)
        {
            await database.DisposeAsync();
            if (e is NpgsqlException or TimeoutException)
            {
                throw PostgresConnection.Unavailable(connectionString, e);
            }

            throw;
        }
    }

    /// <summary>Finishes what is queued, then closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (closed)
        {
            return;
        }

        closed = true;
        await Task.WhenAll(writers.Select(lane => lane.CloseAsync()));
        await Task.WhenAll(readers.Select(lane => lane.CloseAsync()));
        await Documents.CloseAsync();
        await abandoned.DisposeAsync();
        await byKey.DisposeAsync();
        await Blobs.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Reads the row after everything that this process wrote of it before.</summary>
    internal Task<DeviceState?> ReadAsync(IdSpan key, IGrainState<DeviceState> target)
    {
        var lane = LaneOf(readers, key);
        var read = new DeviceRead(key, target, lane);
        var writer = LaneOf(writers, key);
        if (writer.IsIdle)
        {
            lane.Add(read);
        }
        else
        {
            writer.Add(read);
        }

        return read.Task;
    }

    /// <summary>Reads the committed row.</summary>
    internal Task<DeviceState?> ReadCommittedAsync(IdSpan key)
    {
        var lane = LaneOf(readers, key);
        var read = new DeviceRead(key, target: null, lane);
        lane.Add(read);
        return read.Task;
    }

    internal Task WriteAsync(DeviceWrite write)
    {
        LaneOf(writers, write.Key).Add(write);
        return write.Task;
    }

    private LaneConnection Connection(ILogger logger) => new(byKey, Settings.Patience, Settings.Clock ?? TimeProvider.System, logger);

    // Stretches of partitions, so that lanes do not meet on pages of the key's index; a row always has the same lane.
    private static T LaneOf<T>(ImmutableArray<T> lanes, IdSpan key) =>
        lanes[PartitionHash.VirtualPartition(new DeviceKeyText(key).DeviceId.Span) * lanes.Length / PartitionHash.VirtualPartitions];

    private static void Start<TLane, TItem>(ImmutableArray<TLane> lanes)
        where TLane : Lane<TItem>
        where TItem : class, IQueued
    {
        foreach (var lane in lanes)
        {
            lane.Start();
        }
    }
}
