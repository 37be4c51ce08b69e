using System.Globalization;
using Muster.Telemetry;

namespace Muster.EventHubs;

/// <summary>Finds the offset that a receiver begins with.</summary>
internal static class EventStart
{
    private const long LastMillisecond = 253402300799999;

    // How long another silo's append may take to be heard of here: a receiver that moved over may know more than this silo.
    private static readonly TimeSpan NewsTakes = TimeSpan.FromSeconds(2);

    /// <returns>The first offset to be sent, or why there is none.</returns>
    /// <exception cref="EventLogException">The log cannot be read.</exception>
    internal static async ValueTask<(long Offset, string? Problem)> FindAsync(
        IEventLog log, int partition, EventPosition position, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (offset, problem) = await AskedAsync(log, partition, position, clock, cancellationToken);

        // Pages that are still held here may reach back behind what was trimmed: nobody begins there, only to find a gap.
        return (Math.Max(offset, log.Describe(partition).FirstOffset), problem);
    }

    private static async ValueTask<(long Offset, string? Problem)> AskedAsync(
        IEventLog log, int partition, EventPosition position, TimeProvider clock, CancellationToken cancellationToken) => position switch
        {
            { Kind: PositionKind.Latest } => (log.Describe(partition).NextOffset, null),
            { Kind: PositionKind.EnqueuedTime } => (await log.FindAsync(partition, TimeOf(position), cancellationToken), null),
            { Value: < 0 } => (0, null),
            _ => await CheckedAsync(log, partition, position.IsInclusive || position.Value == long.MaxValue ? position.Value : position.Value + 1, clock, cancellationToken),
        };

    // Events are told their time to the millisecond, so "behind" begins with the next one.
    private static DateTimeOffset TimeOf(EventPosition position) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(position.Value, -1, LastMillisecond - 1) + (position.IsInclusive ? 0 : 1));

    private static async ValueTask<(long Offset, string? Problem)> CheckedAsync(
        IEventLog log, int partition, long offset, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (offset <= log.Describe(partition).NextOffset)
        {
            return (offset, null);
        }

        using var patience = new CancellationTokenSource(NewsTakes, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await log.WaitForAsync(partition, offset - 1, either.Token);
            return (offset, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (0, string.Create(
                CultureInfo.InvariantCulture, $"The supplied offset '{offset}' is invalid. The last offset in the system is '{log.Describe(partition).NextOffset - 1}'."));
        }
    }
}
