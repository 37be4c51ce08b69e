using Muster.Storage.Files;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// What is staged in the database that all silos share, as this one knows it: counted now and then, and in between by what passes here. Silos together
/// may stage more than they should by what the others take in between two counts. Thread-safe.
/// </summary>
internal sealed class StagingMeter(Func<PostgresStore> store, long maxBytes, TimeProvider clock)
{
    private const string Count = """
        select coalesce(sum(greatest(size, $1)), 0)::bigint from blob_part where not committed and block is not null and size is not null
        """;

    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private Task counting = Task.CompletedTask;
    private long countedAt;
    private volatile bool mustCount = true;

    internal StagingRoom Room { get; } = new(maxBytes);

    /// <summary>Room for one write.</summary>
    /// <exception cref="Muster.Files.BlobStoreException">Nothing more has room.</exception>
    internal async Task<StagingClaim> ClaimAsync(CancellationToken cancellationToken)
    {
        await CountedAsync().WaitAsync(cancellationToken);
        return Room.Claim();
    }

    /// <summary>The next write counts anew.</summary>
    internal void Forget() => mustCount = true;

    private Task CountedAsync()
    {
        lock (gate)
        {
            var isDue = mustCount || clock.GetElapsedTime(countedAt) >= CountEvery;
            return isDue && counting.IsCompleted ? counting = CountAsync() : counting;
        }
    }

    private async Task CountAsync()
    {
        await using var command = store().Blobs.CreateCommand(Count);
        command.Parameters.Add(new NpgsqlParameter { Value = (long)StagingRoom.MinBytes });
        Room.Set((long)(await command.ExecuteScalarAsync(CancellationToken.None))!);
        (countedAt, mustCount) = (clock.GetTimestamp(), false);
    }
}
