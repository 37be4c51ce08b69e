using Muster.Devices;
using Muster.Gates;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.KillPoints;

/// <summary>Calls between grains: what rollouts are told, what devices are assigned, and the answers of gates.</summary>
internal sealed class WatchedCalls(Executioner executioner) : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        switch (context.MethodName)
        {
            case nameof(IRolloutGrain.OnProgressAsync):
                // Read first: a request forgets its arguments with its answer.
                var items = ((ProgressBatch)context.Request.GetArgument(0)!).Items;
                await context.Invoke();
                foreach (var item in items)
                {
                    executioner.Pass(item.To, KillMoment.AfterOutbox);
                }

                break;

            case nameof(IDeviceGrain.AssignUpdateAsync):
                executioner.Pass(UpdateStatus.Eligible, KillMoment.BeforeEffect);
                await context.Invoke();
                executioner.Pass(UpdateStatus.Eligible, KillMoment.AfterEffect);
                break;

            case nameof(IDeviceGrain.AnswerGateAsync):
                if (WatchedGateCalls.StatusOf((string)context.Request.GetArgument(0)!) is { } status)
                {
                    executioner.Pass(status, KillMoment.AfterEffect);
                }

                await context.Invoke();
                break;

            default:
                await context.Invoke();
                break;
        }
    }
}
