using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Muster.Simulation.Updates;

namespace Muster.Simulation;

/// <summary>The part of the command line that says how a fleet updates.</summary>
internal static class UpdateArguments
{
    private static readonly UpdateOptions Default = new();

    private static readonly Option<double> Speed = new("--update-speed")
    {
        Description = "what the times of updates are divided by: an install takes 5 to 15 s, a reboot 3 to 8 s (0.01 to 10000)",
        HelpName = "N",
        DefaultValueFactory = _ => Default.Speed,
    };

    private static readonly Option<UpdateFaults> Faults = new("--update-faults")
    {
        Description = $"shares of the fleet whose updates go wrong, such as cut:5%,install:2.5%; the faults are {UpdateFaultNames.All}",
        HelpName = "FAULT:SHARE%,…",
        DefaultValueFactory = _ => Default.Faults,
        CustomParser = ParseFaults,
    };

    private static readonly Option<int> Seed = new("--seed")
    {
        Description = "which pumps those are: the same for the same number",
        HelpName = "N",
        DefaultValueFactory = _ => Default.Seed,
    };

    private static readonly Option<string> Model = new("--model")
    {
        Description = "deviceInformation.model of every pump",
        HelpName = "NAME",
        DefaultValueFactory = _ => Default.Model,
    };

    private static readonly Option<string> Version = new("--software-version")
    {
        Description = "what a pump runs that has never reported a version",
        HelpName = "VERSION",
        DefaultValueFactory = _ => Default.SoftwareVersion,
    };

    private static readonly Option<string?> Key = new("--manifest-key")
    {
        Description = "public key (PEM, ECDSA P-256) that must have signed each manifest, or hub for the hub's own; without it signatures are not looked at",
        HelpName = "FILE|hub",
    };

    static UpdateArguments() => Speed.Validators.Add(result =>
    {
        if (double.TryParse(result.Tokens is [.., var token] ? token.Value : null, CultureInfo.InvariantCulture, out var value) && value is not (>= 0.01 and <= 10_000))
        {
            result.AddError("--update-speed is 0.01 to 10000.");
        }
    });

    internal static IEnumerable<Option> All { get; } = [Speed, Faults, Seed, Model, Version, Key];

    internal static UpdateOptions Read(ParseResult parsed) => new()
    {
        Speed = parsed.GetRequiredValue(Speed),
        Faults = parsed.GetRequiredValue(Faults),
        Seed = parsed.GetRequiredValue(Seed),
        Model = parsed.GetRequiredValue(Model),
        SoftwareVersion = parsed.GetRequiredValue(Version),
        ManifestKey = parsed.GetValue(Key),
    };

    private static UpdateFaults ParseFaults(ArgumentResult result)
    {
        if (UpdateFaults.TryParse(string.Join(',', result.Tokens.Select(token => token.Value)), out var faults, out var problem))
        {
            return faults;
        }

        result.AddError($"--update-faults: {problem}");
        return Default.Faults;
    }
}
