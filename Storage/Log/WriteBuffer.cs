namespace Muster.Storage.Log;

/// <summary>A writer thread's buffer: frames are gathered in it and written with one call.</summary>
internal sealed class WriteBuffer
{
    private const int Bytes = SegmentFormat.FrameHeadBytes + SegmentFormat.MaxRecordBytes;
    private readonly byte[] bytes = GC.AllocateUninitializedArray<byte>(Bytes, pinned: true);

    internal int Count { get; private set; }

    internal ReadOnlySpan<byte> Written => bytes.AsSpan(0, Count);

    internal bool HasRoomFor(int recordBytes) => Bytes - Count >= SegmentFormat.FrameHeadBytes + recordBytes;

    internal void Add(in FrameHead head, ReadOnlySpan<byte> record) => Count += SegmentFormat.WriteFrame(bytes.AsSpan(Count), head, record);

    internal void Clear() => Count = 0;
}
