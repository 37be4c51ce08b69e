namespace Muster.Storage;

/// <summary>Bounds of what stores do to a service queue at once.</summary>
internal static class ServiceQueuePages
{
    /// <summary>Records that one statement forgets at most.</summary>
    internal const int Forgotten = 10_000;
}
