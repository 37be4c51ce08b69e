using Xunit;

namespace Muster.Simulation.Updates;

public sealed class UpdateFaultsTests
{
    [Fact]
    public void Shares_are_read_as_they_are_typed()
    {
        Assert.True(UpdateFaults.TryParse("cut:5%, never-returns:0.5%", out var faults, out _));
        Assert.Equal([(UpdateFault.Cut, 0.05), (UpdateFault.NeverReturns, 0.005)], faults.Shares);
        Assert.Equal(("cut:5%,never-returns:0.5%", "none"), (faults.ToString(), UpdateFaults.None.ToString()));
        Assert.True(UpdateFaults.TryParse("", out var none, out _));
        Assert.Empty(none.Shares);
        Assert.True(UpdateFaults.TryParse("cut:50%,hash:50%", out _, out _));
    }

    [Theory]
    [InlineData("paint:5%", "there is no fault 'paint'")]
    [InlineData("cut", "'cut' is not such as cut:2.5%")]
    [InlineData("cut:5", "'cut:5' is not such as cut:2.5%")]
    [InlineData("cut:0%", "'cut:0%' is not such as cut:2.5%")]
    [InlineData("cut:101%", "'cut:101%' is not such as cut:2.5%")]
    [InlineData("cut:NaN%", "'cut:NaN%' is not such as cut:2.5%")]
    [InlineData("cut:1%,cut:2%", "a fault is named twice")]
    [InlineData("cut:60%,hash:50%", "the shares are more than 100 % together")]
    public void What_cannot_be_is_refused_with_a_reason(string text, string why)
    {
        Assert.False(UpdateFaults.TryParse(text, out _, out var problem));
        Assert.StartsWith(why, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_devices_the_same_faults_and_another_seed_others()
    {
        Assert.True(UpdateFaults.TryParse("cut:10%,hash:30%", out var faults, out _));
        var chosen = Enumerable.Range(1, 10_000).Select(number => faults.Of(7, number)).ToList();
        Assert.Equal(chosen, Enumerable.Range(1, 10_000).Select(number => faults.Of(7, number)));
        Assert.NotEqual(chosen, Enumerable.Range(1, 10_000).Select(number => faults.Of(8, number)));
        Assert.InRange(chosen.Count(fault => fault == UpdateFault.Cut), 850, 1150);
        Assert.InRange(chosen.Count(fault => fault == UpdateFault.Hash), 2750, 3250);
        Assert.Equal(["None"], chosen.Except([UpdateFault.Cut, UpdateFault.Hash]).Select(fault => fault.ToString()));
    }

    [Fact]
    public void Every_device_has_the_fault_that_all_have()
    {
        Assert.True(UpdateFaults.TryParse("lies:100%", out var faults, out _));
        Assert.All(Enumerable.Range(1, 1000), number => Assert.Equal(UpdateFault.Lies, faults.Of(1, number)));
    }

    [Fact]
    public void Every_fault_has_a_name_of_its_own()
    {
        Assert.All(Enum.GetValues<UpdateFault>().Skip(1), fault => Assert.Equal(fault, UpdateFaultNames.Find(UpdateFaultNames.NameOf(fault)!)));
        Assert.Null(UpdateFaultNames.NameOf(UpdateFault.None));
    }
}
