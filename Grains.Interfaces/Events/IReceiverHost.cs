using Orleans.Concurrency;
using Orleans.Services;

namespace Muster.Events;

/// <summary>The receiver links of one silo, addressed by <see cref="ReceiverRef.Silo"/>.</summary>
[Alias("muster.IReceiverHost")]
public interface IReceiverHost : IGrainService
{
    /// <summary>Detaches the link. Idempotent.</summary>
    [Alias("Detach"), OneWay]
    Task DetachAsync(long linkId, ReceiverEnd end, string message);
}
