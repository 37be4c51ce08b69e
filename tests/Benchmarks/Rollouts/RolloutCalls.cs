using System.Diagnostics;
using Muster.Devices;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Benchmarks.Rollouts;

/// <summary>Sees what grains are called: wakes the agents of devices that have been offered something, and counts what rollouts are told.</summary>
internal sealed class RolloutCalls : IIncomingGrainCallFilter
{
    private long messages;
    private long firstOffer;

    internal InstantAgents? Agents { get; set; }

    /// <summary>Calls that coordinators received.</summary>
    internal long Messages => Interlocked.Read(ref messages);

    /// <summary>When the first device was offered something, in <see cref="Stopwatch"/> ticks; 0 before.</summary>
    internal long FirstOffer => Interlocked.Read(ref firstOffer);

    internal void Reset() => (messages, firstOffer) = (0, 0);

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is IRolloutGrain) { Interlocked.Increment(ref messages); }
        await context.Invoke();
        if (context.Grain is IDeviceGrain && IsOffer(context.Result))
        {
            Interlocked.CompareExchange(ref firstOffer, Stopwatch.GetTimestamp(), 0);
            Agents?.Wake(context.TargetId.Key.ToString()!);
        }
    }

    private static bool IsOffer(object? result) => result is AssignReply.Taken { Status: UpdateStatus.Offered } or true;
}
