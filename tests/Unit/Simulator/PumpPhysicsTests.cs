using CsCheck;
using Xunit;

namespace Muster.Simulation;

public sealed class PumpPhysicsTests
{
    private static readonly PumpSettings Settings = new() { TelemetryInterval = 10 };
    private static readonly PumpState Busy = new() { Phase = PumpPhase.Delivering, PhaseSeconds = 10_000 };

    [Fact]
    public void A_pump_that_delivers_comes_to_its_target_flow_and_takes_its_time()
    {
        Assert.InRange(PumpPhysics.Advance(Busy, Settings, 1, 0.5).Flow, 1, 60);
        Assert.InRange(PumpPhysics.Advance(Busy, Settings, 30, 0.5).Flow, 119, 121);
    }

    [Fact]
    public void A_higher_target_means_more_flow_more_pressure_and_more_heat()
    {
        var slow = PumpPhysics.Advance(Busy, Settings with { TargetFlow = 40 }, 600, 0.5);
        var fast = PumpPhysics.Advance(Busy, Settings with { TargetFlow = 140 }, 600, 0.5);
        Assert.True(fast.Flow > slow.Flow && fast.Pressure > slow.Pressure && fast.Temperature > slow.Temperature + 5);
    }

    [Fact]
    public void Pressure_settles_at_or_below_what_is_allowed()
    {
        var held = PumpPhysics.Advance(Busy, Settings with { TargetFlow = 150, MaxPressure = 2 }, 120, 0.5);
        Assert.InRange(held.Pressure, 1.5, 2.01);
    }

    [Fact]
    public void Without_power_it_stands_still_and_cools_slowly()
    {
        var hot = PumpPhysics.Advance(Busy, Settings, 1000, 0.5);
        var off = PumpPhysics.PowerOff(hot) with { PhaseSeconds = 10_000 };
        var later = PumpPhysics.Advance(off, Settings, 60, 0.5);
        Assert.Equal((0d, 0d), (later.Flow, later.Pressure));
        Assert.InRange(later.Temperature, PumpPhysics.Ambient + 1, hot.Temperature - 1);
    }

    [Fact]
    public void Customers_come_and_go()
    {
        var state = new PumpState { PhaseSeconds = 1 };
        var phases = Enumerable.Range(0, 100).Select(_ => (state = PumpPhysics.Advance(state, Settings, 10, 0.5)).Phase).ToList();
        Assert.Contains(PumpPhase.Idle, phases);
        Assert.Contains(PumpPhase.Delivering, phases);
    }

    [Fact]
    public void Whatever_is_wanted_and_however_long_it_lasts_values_stay_believable() =>
        Gen.Select(Gen.Double[0, 150], Gen.Double[1, 10], Gen.Double[0, 600].Array[1, 10], Gen.Double[0, 1]).Sample((flow, pressure, times, chance) =>
        {
            var state = new PumpState();
            foreach (var seconds in times)
            {
                state = PumpPhysics.Advance(state, Settings with { TargetFlow = flow, MaxPressure = pressure }, seconds, chance);
                var seen = PumpPhysics.Read(state, () => (2 * chance) - 1);
                Assert.InRange(seen.Flow, 0, 155);
                Assert.InRange(seen.Pressure, 0, PumpPhysics.ShutPressure + 0.1);
                Assert.InRange(seen.Temperature, PumpPhysics.Ambient - 0.3, 80);
                Assert.InRange(seen.Rpm, 0, 3000);
                Assert.InRange(seen.Valve, 0, 1);
            }
        });
}
