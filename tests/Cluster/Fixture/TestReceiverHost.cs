using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Muster.Events;
using Orleans.Runtime;

namespace Muster.Fixture;

/// <summary>A receiver host without links: which ones it was told to detach is kept.</summary>
internal sealed class TestReceiverHost(GrainId id, Silo silo, ILoggerFactory loggers, TestReceivers receivers, ILocalSiloDetails local)
    : GrainService(id, silo, loggers), IReceiverHost
{
    public Task DetachAsync(long linkId, ReceiverEnd end, string message)
    {
        receivers.Detached[new ReceiverRef(local.SiloAddress, linkId)] = end;
        return Task.CompletedTask;
    }
}

/// <summary>The links of all silos of a cluster that were detached.</summary>
internal sealed class TestReceivers
{
    internal ConcurrentDictionary<ReceiverRef, ReceiverEnd> Detached { get; } = new();
}
