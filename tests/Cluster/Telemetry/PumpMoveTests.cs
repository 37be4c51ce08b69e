using Muster.Devices;
using Muster.Fixture;
using Xunit;

namespace Muster.Telemetry;

public sealed class PumpMoveTests
{
    [Fact]
    public async Task Events_reach_their_devices_once_in_effect_while_silos_die_and_join()
    {
        var log = new MemoryEventLog();
        await using var fixture = new ClusterFixture { Log = log };
        await fixture.InitializeAsync();
        var devices = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => fixture.NewDeviceAsync()));
        var last = 0;
        await TellAsync(50);
        await fixture.Cluster.KillSiloAsync(fixture.Cluster.Silos[1], TestContext.Current.CancellationToken);
        await TellAsync(50);
        await fixture.Cluster.StartAdditionalSiloAsync();
        await TellAsync(50);

        await Eventually.HoldsAsync("all events were handled", () => Enumerable.Range(0, log.PartitionCount).All(p => log.NextOf(p) == log.Describe(p).NextOffset));
        foreach (var (key, grain) in devices)
        {
            var partition = PartitionHash.EventPartition(key);
            Assert.Contains($$"""{"n":{"value":{{last}},""", (await grain.GetTelemetryAsync())!.Fields.ToString(), StringComparison.Ordinal);
            Assert.InRange(fixture.Storage.Stored(key)!.ObservedOffset, 0, log.Describe(partition).NextOffset - 1);
        }

        async Task TellAsync(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                last++;
                foreach (var (key, _) in devices)
                {
                    log.Append(key, $$"""{"n":{{last}}}""");
                }

                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task A_pump_whose_checkpoint_another_took_saves_nothing_and_takes_it_back_while_the_partition_is_its_own()
    {
        var log = new MemoryEventLog();
        await using var fixture = new ClusterFixture { Log = log };
        await fixture.InitializeAsync();
        var (key, grain) = await fixture.NewDeviceAsync();
        var partition = PartitionHash.EventPartition(key);
        await Eventually.HoldsAsync("a pump has the partition", () => log.EpochOf(partition) > 0);

        var woken = await log.AcquireAsync(PartitionPump.Consumer, partition, CancellationToken.None);
        log.Append(key, """{"n":1}""");
        await Eventually.HoldsAsync("the pump took the checkpoint back", () => log.EpochOf(partition) > woken.Epoch && log.NextOf(partition) == log.Describe(partition).NextOffset);
        Assert.False(await log.SaveAsync(woken, 0, CancellationToken.None));
        Assert.Contains("\"value\":1", (await grain.GetTelemetryAsync())!.Fields.ToString(), StringComparison.Ordinal);
    }
}
