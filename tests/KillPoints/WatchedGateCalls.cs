using System.Collections.Concurrent;
using Muster.Gates;
using Muster.Updates;

namespace Muster.KillPoints;

internal sealed class WatchedGateCalls(IGateCalls inner, Executioner executioner) : IGateCalls
{
    private static readonly ConcurrentDictionary<string, UpdateStatus> UnderWay = new(StringComparer.Ordinal);

    /// <summary>Where the device stood for which a gate was called last; by the gate's key.</summary>
    internal static UpdateStatus? StatusOf(string key) => UnderWay.TryGetValue(key, out var status) ? status : null;

    public void Start(GateCall call)
    {
        if (call.Status is { } status)
        {
            UnderWay[call.Key] = status;
            executioner.Pass(status, KillMoment.BeforeEffect);
        }

        inner.Start(call);
    }
}
