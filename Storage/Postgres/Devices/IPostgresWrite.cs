namespace Muster.Storage.Postgres;

/// <summary>What goes through a writer's lane.</summary>
internal interface IPostgresWrite : IQueued
{
    WriteShape Shape { get; }

    /// <summary>The batch is committed: answer.</summary>
    /// <returns>False: the row was not as expected.</returns>
    bool Committed();
}
