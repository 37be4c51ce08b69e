using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Muster.Benchmarks.Server;

/// <summary>Sums of the counters of this process that are named, from now on.</summary>
internal sealed class Meters : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly FrozenDictionary<string, StrongBox<long>> sums;

    internal Meters(params string[] names)
    {
        sums = names.ToFrozenDictionary(name => name, _ => new StrongBox<long>());
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (sums.TryGetValue(instrument.Name, out var sum)) { meters.EnableMeasurementEvents(instrument, sum); }
        };
        listener.SetMeasurementEventCallback<long>(static (_, value, _, sum) => Interlocked.Add(ref ((StrongBox<long>)sum!).Value, value));
        listener.Start();
    }

    internal long this[string name] => Interlocked.Read(ref sums[name].Value);

    public void Dispose() => listener.Dispose();
}
