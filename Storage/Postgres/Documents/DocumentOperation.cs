using Muster.Storage.Documents;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// A read, write or delete of a document in its lane's batch. Answers the version, and the payload where it was read; null: not there, or not as
/// expected.
/// </summary>
/// <param name="command">Makes the statement anew for each try.</param>
internal sealed class DocumentOperation(DocumentKey key, Func<NpgsqlBatchCommand> command, int bytes, bool isRead)
    : TaskCompletionSource<(long Version, byte[]? Payload)?>(TaskCreationOptions.RunContinuationsAsynchronously), IQueued
{
    private (long Version, byte[]? Payload)? result;

    /// <summary>Reads do no harm twice.</summary>
    public bool IsRead => isRead;

    public IdSpan Key { get; } = IdSpan.Create(key.Key);

    public int Bytes => 128 + bytes;

    public long Since { get; set; }

    /// <summary>Statements of a batch run in their order, so that a document may be in it twice.</summary>
    public bool IsAlone => false;

    public NpgsqlBatchCommand Command => command();

    public void Read(NpgsqlDataReader row) => result = (row.GetInt64(0), isRead ? row.GetFieldValue<byte[]>(1) : null);

    /// <summary>Before another try.</summary>
    public void Forget() => result = null;

    /// <summary>The batch is committed.</summary>
    /// <returns>False: it was a change, and the document was not as expected.</returns>
    public bool Committed()
    {
        SetResult(result);
        return isRead || result is not null;
    }

    public void Failed(Exception why) => SetException(why);
}
