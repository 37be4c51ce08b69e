using Muster.Updates;

namespace Muster.Storage.Sqlite;

/// <summary>A coordinator's write to the members of its rollout, in the writer's batch. Nothing is written if another one has claimed the rollout.</summary>
/// <param name="bytes">About how many it writes.</param>
/// <param name="term">The coordinator's; null: asks for no term.</param>
/// <param name="write">Does its part of the transaction.</param>
internal sealed class TargetWrite<T>(int bytes, RolloutTerm? term, Func<SqliteDatabase, T> write)
    : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously), IWriteOperation
{
    private bool isStale;
    private T? answer;

    public int Bytes => bytes;

    public void Apply(WriteSession session)
    {
        isStale = term is { } mine && Current(session.Database, mine.Rollout) != mine.Term;
        answer = isStale ? default : write(session.Database);
    }

    public void Committed()
    {
        if (isStale)
        {
            SetException(new StaleTermException(term!.Value.Rollout));
        }
        else
        {
            SetResult(answer!);
        }
    }

    public void Failed(Exception why) => SetException(why);

    private static long Current(SqliteDatabase database, string rollout)
    {
        var select = database.Cached(TargetSql.Term);
        select.BindText(1, rollout);
        var term = select.Step() ? select.Int64(0) : 0;
        select.Reset();
        return term;
    }
}
