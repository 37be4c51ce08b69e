using System.Collections.Immutable;

namespace Muster.Deadlines;

/// <summary>
/// One look at all that is due: a page of each group of partitions in turn, the oldest deadlines first, until none is left. A row that stays due,
/// since its device cannot be called, is met once, and keeps nobody behind it waiting.
/// </summary>
internal sealed class DueScan(IDeadlineIndex index, int page)
{
    /// <summary>Completes once <paramref name="call"/> was given every row that was due at <paramref name="now"/>.</summary>
    internal async Task RunAsync(
        IEnumerable<int[]> partitions, DateTimeOffset now, Func<ImmutableArray<DueRow>, Task> call, CancellationToken cancellationToken)
    {
        var next = partitions.Select(group => new DuePage(group, now, null, page)).ToList();
        while (next.Count > 0)
        {
            var pages = next;
            next = [];
            foreach (var asked in pages)
            {
                var due = await index.ReadDueAsync(asked, cancellationToken);
                await call(due);
                if (due.Length == page)
                {
                    next.Add(asked with { After = due[^1] });
                }
            }
        }
    }
}
