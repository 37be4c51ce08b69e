namespace Muster.Local;

/// <summary>What happens to a node that has ended.</summary>
internal static class RestartPolicy
{
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>How long it stays down; null: until it is asked for.</summary>
    /// <param name="restarts">False after <c>--no-restart</c>.</param>
    /// <param name="isWanted">False after <c>stop NODE</c>, and while the cluster goes down.</param>
    internal static TimeSpan? After(bool restarts, bool isWanted) => restarts && isWanted ? Pause : null;
}
