namespace Muster.Storage.Postgres;

/// <summary>Something that becomes durable with the batch it is in, or waits for those before it.</summary>
internal interface IWriteOperation : IQueued
{
    /// <summary>Which statement of the batch takes it.</summary>
    WriteShape Shape { get; }

    /// <summary>The transaction is on disk: answer.</summary>
    /// <returns>False: the row was not as expected.</returns>
    bool Committed();
}
