namespace Muster.Simulation;

/// <summary>What the fleet has done since its start.</summary>
internal readonly record struct FleetCounts(int Connected, long Sent, long Methods, long TwinChanges, long Drops, long Failures);

/// <summary>Counts, from all pumps at once.</summary>
internal sealed class FleetCounters
{
    private int connected;
    private long sent;
    private long methods;
    private long twinChanges;
    private long drops;
    private long failures;
    private string? lastFailure;

    /// <summary>The newest reason why a pump could not connect or was cut off.</summary>
    internal string? LastFailure => Volatile.Read(ref lastFailure);

    internal FleetCounts Read() => new(
        Volatile.Read(ref connected), Volatile.Read(ref sent), Volatile.Read(ref methods), Volatile.Read(ref twinChanges),
        Volatile.Read(ref drops), Volatile.Read(ref failures));

    internal void OnConnected() => Interlocked.Increment(ref connected);

    internal void OnDisconnected() => Interlocked.Decrement(ref connected);

    internal void OnSent() => Interlocked.Increment(ref sent);

    internal void OnMethod() => Interlocked.Increment(ref methods);

    internal void OnTwinChange() => Interlocked.Increment(ref twinChanges);

    internal void OnDrop() => Interlocked.Increment(ref drops);

    internal void OnFailure(string why)
    {
        Interlocked.Increment(ref failures);
        Volatile.Write(ref lastFailure, why);
    }
}
