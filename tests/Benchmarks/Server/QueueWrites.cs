using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Muster.CloudToDevice;

namespace Muster.Benchmarks.Server;

/// <summary>Counts what the service queues write; several records share one write.</summary>
internal sealed class QueueWrites
{
    private long appends;
    private long settles;

    internal long Appends => Interlocked.Read(ref appends);

    internal long Settles => Interlocked.Read(ref settles);

    /// <summary>Puts itself before the silo's own store.</summary>
    internal void Watch(ISiloBuilder silo)
    {
        var store = silo.Services.Last(service => service.ServiceType == typeof(IServiceQueueStore));
        silo.Services.AddSingleton<IServiceQueueStore>(services => new Store((IServiceQueueStore)store.ImplementationFactory!(services), this));
    }

    private sealed class Store(IServiceQueueStore store, QueueWrites writes) : IServiceQueueStore
    {
        public Task<ImmutableArray<long>> AppendAsync(string queue, IReadOnlyList<ServiceRecord> records, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref writes.appends);
            return store.AppendAsync(queue, records, cancellationToken);
        }

        public Task SettleAsync(string queue, IReadOnlyList<long> positions, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref writes.settles);
            return store.SettleAsync(queue, positions, cancellationToken);
        }

        public Task<ImmutableArray<QueuedRecord>> ReadAsync(string queue, long after, int limit, CancellationToken cancellationToken) =>
            store.ReadAsync(queue, after, limit, cancellationToken);

        public Task<long> ForgetAsync(string queue, DateTimeOffset before, CancellationToken cancellationToken) =>
            store.ForgetAsync(queue, before, cancellationToken);
    }
}
