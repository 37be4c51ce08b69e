using System.Collections.Immutable;

namespace Muster.CloudToDevice;

/// <summary>
/// Which records of a service queue are free and who has the others. Pure but for its own memory; where that is lost, every record is free again and
/// counts as never delivered.
/// </summary>
internal sealed class ServiceQueueBook
{
    private readonly SortedDictionary<long, Entry> free = [];
    private readonly Dictionary<Guid, Loan> loans = [];

    /// <summary>Records known here, free or lent.</summary>
    public int Count => free.Count + loans.Values.Sum(static loan => loan.Entries.Count);

    public bool HasFree => free.Count > 0;

    /// <summary>When the next loan lapses; null if nothing is lent.</summary>
    public DateTimeOffset? NextLapse => loans.Count == 0 ? null : loans.Values.Min(static loan => loan.Until);

    /// <summary>Takes records in; those that are known already change nothing.</summary>
    public void Add(IEnumerable<QueuedRecord> records)
    {
        var lent = loans.Values.SelectMany(static loan => loan.Entries).Select(static entry => entry.Record.Position).ToHashSet();
        foreach (var record in records.Where(record => !lent.Contains(record.Position)))
        {
            free.TryAdd(record.Position, new Entry(record, 0));
        }
    }

    /// <summary>Gives back what was lent for too long.</summary>
    /// <returns>Records that were delivered so often that they are to be thrown away.</returns>
    public IReadOnlyList<long> Lapse(DateTimeOffset now) =>
        [.. loans.Where(loan => loan.Value.Until <= now).Select(static loan => loan.Key).ToArray().SelectMany(token => GiveBack(token))];

    /// <summary>Records whose time is over leave.</summary>
    /// <returns>Their positions: they are to be thrown away.</returns>
    public IReadOnlyList<long> Expire(DateTimeOffset now)
    {
        var over = free.Where(entry => entry.Value.Record.Record.At + ServiceRecord.TimeToLive <= now).Select(static entry => entry.Key).ToArray();
        foreach (var position in over)
        {
            free.Remove(position);
        }

        return over;
    }

    /// <summary>Lends the oldest free records; null if there are none.</summary>
    public LockedRecords? Lend(int max, DateTimeOffset until)
    {
        var entries = free.Values.Take(max).ToArray();
        if (entries.Length == 0)
        {
            return null;
        }

        foreach (var entry in entries)
        {
            free.Remove(entry.Record.Position);
        }

        var token = Guid.NewGuid();
        loans[token] = new Loan(until, [.. entries.Select(static entry => entry with { Deliveries = entry.Deliveries + 1 })]);
        return new LockedRecords(token, [.. entries.Select(static entry => entry.Record.Record)], entries.Max(static entry => entry.Deliveries));
    }

    /// <summary>Ends a loan for good; null if there is no such loan.</summary>
    /// <returns>The positions that are to be settled.</returns>
    public ImmutableArray<long>? Settle(Guid token) =>
        loans.Remove(token, out var loan) ? [.. loan.Entries.Select(static entry => entry.Record.Position)] : null;

    /// <summary>Ends a loan, and its records are free again; null if there is no such loan.</summary>
    /// <returns>Records that were delivered so often that they are to be thrown away.</returns>
    public ImmutableArray<long>? Abandon(Guid token) => loans.ContainsKey(token) ? GiveBack(token) : null;

    private ImmutableArray<long> GiveBack(Guid token)
    {
        loans.Remove(token, out var loan);
        var spent = ImmutableArray.CreateBuilder<long>();
        foreach (var entry in loan!.Entries)
        {
            if (entry.Deliveries >= ServiceQueues.MaxDeliveries)
            {
                spent.Add(entry.Record.Position);
            }
            else
            {
                free[entry.Record.Position] = entry;
            }
        }

        return spent.DrainToImmutable();
    }

    private readonly record struct Entry(QueuedRecord Record, int Deliveries);

    private sealed record Loan(DateTimeOffset Until, IReadOnlyList<Entry> Entries);
}
