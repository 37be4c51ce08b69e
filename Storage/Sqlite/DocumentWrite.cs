using Muster.Storage.Documents;

namespace Muster.Storage.Sqlite;

/// <summary>A write of a document in the writer's batch. Answers the new version, or 0: the document is not as expected.</summary>
internal sealed class DocumentWrite(DocumentKey key, ReadOnlyMemory<byte> payload, long expected)
    : TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously), IWriteOperation
{
    private long version;

    public int Bytes => 128 + payload.Length;

    public void Apply(WriteSession session) => version = session.Documents.Write(key, payload.Span, expected);

    public void Committed() => SetResult(version);

    public void Failed(Exception why) => SetException(why);
}

/// <summary>Takes a document away. Answers false if it is not as expected.</summary>
internal sealed class DocumentDelete(DocumentKey key, long expected)
    : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously), IWriteOperation
{
    private bool deleted;

    public int Bytes => 128;

    public void Apply(WriteSession session) => deleted = session.Documents.TryDelete(key, expected);

    public void Committed() => SetResult(deleted);

    public void Failed(Exception why) => SetException(why);
}

/// <summary>Writes nothing: completes when all that was queued before it is written, or has failed.</summary>
internal sealed class PendingWrites() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IWriteOperation
{
    public int Bytes => 0;

    public void Apply(WriteSession session)
    {
    }

    public void Committed() => SetResult();

    public void Failed(Exception why) => SetResult();
}
