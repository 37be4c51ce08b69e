using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muster.ConsumerGroups;
using Muster.Events;
using Muster.Placement;

namespace Muster.EventHubs;

/// <summary>
/// Says for each receiver link of this silo that it is there: often enough for its lease, and at once when silos come or go, since the grain that
/// knew of it may have gone with one. A link that another has replaced meanwhile is detached, and so is one whose group is gone: nobody else knows of
/// both for certain.
/// </summary>
internal sealed partial class ReceiverLeases(
    ReceiverTable receivers, EventHubsAddress address, IGrainFactory grains, SiloMembership view, TimeProvider clock, ILogger<ReceiverLeases> logger)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TimeToCome = TimeSpan.FromMinutes(1);
    private static readonly ParallelOptions Few = new() { MaxDegreeOfParallelism = 16 };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var change = view.NextChange;
            EventReceiver[] attached = [.. receivers.Snapshot().Where(static receiver => receiver.IsAttached)];
            await Parallel.ForEachAsync(attached, Few, (receiver, _) => RenewAsync(receiver));
            await DetachOrphansAsync(attached);
            ForgetThoseWhoNeverCame();
            await Task.WhenAny(change, Task.Delay(Every, clock, stoppingToken));
        }
    }

    private async ValueTask RenewAsync(EventReceiver receiver)
    {
        var spec = receiver.Spec;
        try
        {
            if (await receivers.GrainOf(spec).RenewAsync(spec.Reference, spec.Epoch) is ReceiverReply.Refused refused)
            {
                receiver.Detach(address.Error(refused.End, refused.Message, spec));
            }
        }
        catch (Exception e)
        {
            // Whatever it was: one receiver's fault must not end the others' leases.
            LogNotRenewed(e, spec.Partition, spec.Group);
        }
    }

    /// <summary>Those whose group is not among the groups.</summary>
    internal static IEnumerable<EventReceiver> Orphans(IEnumerable<EventReceiver> receivers, ImmutableArray<ConsumerGroup> groups)
    {
        var names = groups.Select(static group => group.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return receivers.Where(receiver => !names.Contains(receiver.Spec.Group));
    }

    // Of receivers that were there before the groups were read: a younger one may be of a younger group.
    private async Task DetachOrphansAsync(EventReceiver[] attached)
    {
        if (attached.Length == 0)
        {
            return;
        }

        try
        {
            foreach (var receiver in Orphans(attached, await grains.GetGrain<IConsumerGroupsGrain>(0).ListAsync()))
            {
                receiver.Detach(address.Error(ReceiverEnd.GroupDeleted, "", receiver.Spec));
            }
        }
        catch (Exception e)
        {
            LogGroupsUnknown(e);
        }
    }

    // A connection that ends while its link is being opened leaves a receiver that no link ever has.
    private void ForgetThoseWhoNeverCame()
    {
        var now = clock.GetUtcNow();
        foreach (var receiver in receivers.Snapshot().Where(receiver => !receiver.IsAttached && now - receiver.MadeAt > TimeToCome))
        {
            receivers.Remove(receiver);
        }
    }

    [LoggerMessage(EventId = 6032, Level = LogLevel.Debug, Message = "The receiver of event partition {Partition} for consumer group {Group} could not be renewed; it is tried again")]
    private partial void LogNotRenewed(Exception exception, int partition, string group);

    [LoggerMessage(EventId = 6033, Level = LogLevel.Debug, Message = "The consumer groups could not be read; their receivers go on for now")]
    private partial void LogGroupsUnknown(Exception exception);
}
