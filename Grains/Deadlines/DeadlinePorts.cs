using System.Collections.Immutable;
using Muster.Devices;
using Muster.Sessions;

namespace Muster.Deadlines;

/// <summary>Finds the rows whose <c>next_deadline</c> has come.</summary>
public interface IDeadlineIndex
{
    /// <summary>One page of the devices and modules that are due, ascending by deadline, then by device id and module id (ordinal; the device first).</summary>
    Task<ImmutableArray<DueRow>> ReadDueAsync(DuePage page, CancellationToken cancellationToken);
}

/// <summary>Which rows are asked for.</summary>
/// <param name="Partitions">Virtual partitions, see <c>PartitionHash</c>.</param>
/// <param name="Now">Deadlines that are not after it are due; UTC.</param>
/// <param name="After">The last row of the page before; null for the first page.</param>
/// <param name="Limit">How many at most, from 1.</param>
public sealed record DuePage(IReadOnlyList<int> Partitions, DateTimeOffset Now, DueRow? After, int Limit);

/// <summary>A row that waits, and until when: UTC.</summary>
public readonly record struct DueRow(DateTimeOffset Deadline, DeviceKey Key);

/// <summary>Finds the rows that have a session, by the silo that has its socket; reads no other row.</summary>
public interface ISessionIndex
{
    /// <summary>The silos that have a session, as the rows say.</summary>
    Task<ImmutableArray<SiloAddress>> ReadSilosAsync(CancellationToken cancellationToken);

    /// <summary>One page of a silo's sessions, ascending by <see cref="SessionRow.Id"/>.</summary>
    /// <param name="silo">With its generation.</param>
    /// <param name="afterId">The last row of the page before; 0 for the first page.</param>
    /// <param name="limit">How many at most, from 1.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<ImmutableArray<SessionRow>> ReadSessionsAsync(SiloAddress silo, long afterId, int limit, CancellationToken cancellationToken);
}

/// <summary>A row with its session.</summary>
/// <param name="Id">The store's own number of the row, from 1.</param>
/// <param name="Key">The device or module.</param>
/// <param name="Session">Its session.</param>
public readonly record struct SessionRow(long Id, DeviceKey Key, SessionRef Session);
