using Muster.Survival;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(SurviveOptions.Help);
    return 0;
}

try
{
    return await SurviveCommand.RunAsync(SurviveOptions.Parse(args));
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"survive: {wrong.Message} (--help says more)");
    return 2;
}
