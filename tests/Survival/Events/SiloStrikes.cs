namespace Muster.Survival;

/// <summary>Silos that die, freeze or are replaced.</summary>
internal static class SiloStrikes
{
    private static readonly TimeSpan FrozenFor = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RestartLimit = TimeSpan.FromMinutes(2);

    internal static Task KillAsync(Strike strike, int count)
    {
        foreach (var silo in strike.PickSilos(count))
        {
            Signals.Send(silo.Pid!.Value, Signals.Kill);
            strike.Say(silo.Name);
        }

        return Task.CompletedTask;
    }

    internal static async Task FreezeAsync(Strike strike)
    {
        var silo = strike.PickSilos(1)[0];
        Signals.Send(silo.Pid!.Value, Signals.Stop);
        strike.Say(silo.Name);
        try
        {
            await Task.Delay(FrozenFor, strike.Stop);
        }
        finally
        {
            Signals.Send(silo.Pid.Value, Signals.Continue);
        }
    }

    /// <summary>Each silo in turn is stopped and started again, the next once all three agree.</summary>
    internal static async Task RollAsync(Strike strike)
    {
        foreach (var silo in strike.PickSilos(3))
        {
            strike.Say(silo.Name);
            await strike.Cluster.VerbAsync("stop", silo.Name, strike.Stop);
            await strike.Cluster.VerbAsync("start", silo.Name, strike.Stop);
            using var agreement = new Agreement(strike.Cluster);
            await Patience.UntilAsync($"{silo.Name} to be back", RestartLimit, () => agreement.MissingAsync(strike.Stop), strike.Stop);
        }
    }
}
