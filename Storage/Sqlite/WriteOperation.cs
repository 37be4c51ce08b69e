namespace Muster.Storage.Sqlite;

/// <summary>Something that becomes durable with the batch it is in.</summary>
internal interface IWriteOperation
{
    /// <summary>About how many bytes it writes.</summary>
    int Bytes { get; }

    /// <summary>Does its part of the transaction. Is run again from the start if another operation made the batch start over.</summary>
    void Apply(WriteSession session);

    /// <summary>The transaction is on disk: answer.</summary>
    void Committed();

    /// <summary>The transaction is not, or nobody knows.</summary>
    void Failed(Exception why);
}

/// <summary>What operations write with; lives on the writer thread.</summary>
internal sealed record WriteSession(SqliteDatabase Database, DeviceTable Devices, DocumentTable Documents);
