using System.Buffers;
using Muster.Storage.Log;

namespace Muster.Storage.Postgres.Log;

/// <summary>What one commit carries: appends to several partitions, gathered into few rows. Used again for the next.</summary>
internal sealed class AppendRound
{
    /// <summary>A row that readers hold in memory stays below this, unless a single record is longer.</summary>
    internal const int MaxRowBytes = 1 << 16;

    private const int MaxBytes = 1 << 22;
    private readonly List<AppendOperation> chains = [];
    private readonly List<Range> places = [];
    private readonly List<int> rowEvents = [];
    private ArrayBufferWriter<byte> buffer = new(1 << 18);
    private int rowStart;
    private int events;
    private int firstRow;

    internal bool IsFull => buffer.WrittenCount >= MaxBytes;

    internal bool IsEmpty => chains.Count == 0;

    /// <summary>The partitions that are appended to, and by how many events each.</summary>
    internal List<short> Partitions { get; } = [];

    internal List<int> Totals { get; } = [];

    /// <summary>For each row: its partition, how many events it holds, how many of the same partition stand in later rows, and its records.</summary>
    internal List<short> RowPartitions { get; } = [];

    internal List<int> RowEvents => rowEvents;

    internal List<int> RowEventsBehind { get; } = [];

    internal List<ReadOnlyMemory<byte>> RowRecords { get; } = [];

    internal bool Holds(int partition) => Partitions.Contains((short)partition);

    internal void Begin(int partition)
    {
        Partitions.Add((short)partition);
        (firstRow, rowStart, events) = (places.Count, buffer.WrittenCount, 0);
    }

    internal void Add(AppendOperation operation)
    {
        var records = operation.Records.Span;
        if (records.Length <= MaxRowBytes)
        {
            Write(records, operation.Count);
            return;
        }

        for (var rest = records; RecordFraming.TryTake(ref rest, out var record);)
        {
            Write(records[..(RecordFraming.LengthBytes + record.Length)], 1);
            records = rest;
        }
    }

    /// <summary>Ends the partition that was begun; the appends of its chain are answered with the round.</summary>
    internal void End(AppendOperation chain)
    {
        EndRow();
        chains.Add(chain);
        var total = 0;
        for (var row = places.Count - 1; row >= firstRow; row--)
        {
            RowEventsBehind.Add(total);
            RowPartitions.Add(Partitions[^1]);
            total += rowEvents[row];
        }

        RowEventsBehind.Reverse(firstRow, places.Count - firstRow);
        Totals.Add(total);
    }

    /// <summary>Nothing is added from here on.</summary>
    internal void Seal()
    {
        var written = buffer.WrittenMemory;
        places.ForEach(place => RowRecords.Add(written[place]));
    }

    /// <summary>Answers all appends of the round, and makes room for the next.</summary>
    internal void Settle(Func<Exception>? failure)
    {
        chains.ForEach(chain => AppendOperation.SettleAll(chain, failure));
        chains.Clear();
        Partitions.Clear();
        Totals.Clear();
        RowPartitions.Clear();
        rowEvents.Clear();
        RowEventsBehind.Clear();
        RowRecords.Clear();
        places.Clear();
        if (buffer.Capacity > 4 * MaxBytes)
        {
            buffer = new ArrayBufferWriter<byte>(1 << 18);
        }

        buffer.ResetWrittenCount();
    }

    private void Write(ReadOnlySpan<byte> records, int count)
    {
        if (events > 0 && buffer.WrittenCount - rowStart + records.Length > MaxRowBytes)
        {
            EndRow();
        }

        buffer.Write(records);
        events += count;
    }

    private void EndRow()
    {
        places.Add(rowStart..buffer.WrittenCount);
        rowEvents.Add(events);
        (rowStart, events) = (buffer.WrittenCount, 0);
    }
}
