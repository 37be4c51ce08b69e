using Muster.Survival;
using Muster.Survival.Rollouts;

if (args is ["rollout", ..])
{
    if (args.Contains("--help"))
    {
        Console.WriteLine(RolloutSurvivalOptions.Help);
        return 0;
    }

    try
    {
        return await RolloutCommand.RunAsync(RolloutSurvivalOptions.Parse(args[1..]), CancellationToken.None);
    }
    catch (FormatException wrong)
    {
        Console.Error.WriteLine($"survive: {wrong.Message} (--help says more)");
        return 2;
    }
}

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(SurviveOptions.Help);
    return 0;
}

try
{
    return await SurviveCommand.RunAsync(SurviveOptions.Parse(args));
}
catch (Exception failed) when (failed is LostPatienceException or InvalidOperationException or IOException)
{
    Console.Error.WriteLine($"survive: {failed.Message}");
    return 1;
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"survive: {wrong.Message} (--help says more)");
    return 2;
}
