using Muster.Errors;
using Muster.Telemetry;

namespace Muster.Storage;

/// <summary>
/// A grain that asks the store or the log itself. What they throw is made of the driver's own exceptions, which have no form in other processes: its callers
/// get a <see cref="StoreFaultException"/> with the same text.
/// </summary>
internal interface IStoreCaller : IIncomingGrainCallFilter
{
    async Task IIncomingGrainCallFilter.Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception e) when (e is StorageFaultException or StoreUnavailableException or EventLogException)
        {
            throw new StoreFaultException(e.Message);
        }
    }
}
