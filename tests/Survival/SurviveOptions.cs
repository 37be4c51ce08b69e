using System.Globalization;

namespace Muster.Survival;

/// <summary>What the command line asks for.</summary>
internal sealed record SurviveOptions
{
    internal IReadOnlyList<FailureKind> Kinds { get; init; } = FailureKind.All;

    /// <summary>Rounds of each kind; null for the number that the kind itself wants.</summary>
    internal int? Rounds { get; init; }

    internal int Seed { get; init; } = Random.Shared.Next(1, 1_000_000);

    /// <summary>Counts the rounds that passed before.</summary>
    internal bool Resume { get; init; }

    /// <summary>Null for a folder that goes when all rounds passed.</summary>
    internal string? Data { get; init; }

    internal int Devices { get; init; } = 2000;

    /// <summary>Operations per second, of all devices and services.</summary>
    internal double Rate { get; init; } = 400;

    internal string Bind { get; init; } = "127.0.0.119";

    internal bool SummaryOnly { get; init; }

    /// <summary>Where the lines go.</summary>
    internal string Results { get; init; } = Repository.Results;

    internal const string Help = """
        Lets things fail under load and checks that nothing that was acknowledged is lost.

        usage: ./survive [KIND...] [--rounds N] [--seed S] [--resume] [--data DIR] [--devices N] [--rate N] [--bind ADDRESS] [--results FILE]
               ./survive --summary [--results FILE]

          KIND        kill, kill-two, freeze, postgres-restart, postgres-cut, partition, rolling, disk-full; all of them without any
          --rounds    of each kind (default: 20 of kill, kill-two and freeze, 5 of the others)
          --seed      of all that is random; each line of the results names it
          --resume    counts the rounds that passed before, so that rounds add up over time
          --data      keeps the cluster's data and logs in DIR (default: artifacts/survive, gone when all rounds passed)
          --devices   connected all the while (default 2000)
          --rate      operations per second in all (default 400)
          --bind      the balancer's address (default 127.0.0.119)
          --results   appends to another file than tests/Process/results/survive.jsonl
          --summary   says what the results hold, and ends

        A line per round is appended to the results. Exit code 0 if all rounds passed, 1 if one failed, 2 for a wrong argument.
        """;

    /// <exception cref="FormatException">With what is wrong.</exception>
    internal static SurviveOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new SurviveOptions();
        List<FailureKind> kinds = [];
        for (var i = 0; i < arguments.Count; i++)
        {
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value");
            int Number() => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number : throw new FormatException($"{arguments[i - 1]} needs a number from 1 on");
            options = arguments[i] switch
            {
                "--rounds" => options with { Rounds = Number() },
                "--seed" => options with { Seed = Number() },
                "--devices" => options with { Devices = Number() },
                "--rate" => options with { Rate = Number() },
                "--data" => options with { Data = Path.GetFullPath(Value()) },
                "--results" => options with { Results = Path.GetFullPath(Value()) },
                "--bind" => options with { Bind = Value() },
                "--resume" => options with { Resume = true },
                "--summary" => options with { SummaryOnly = true },
                var name => Add(name, options),
            };
        }

        return kinds.Count == 0 ? options : options with { Kinds = kinds };

        SurviveOptions Add(string name, SurviveOptions same)
        {
            kinds.Add(FailureKind.All.FirstOrDefault(kind => kind.Name == name) ?? throw new FormatException($"there is no kind or option '{name}'"));
            return same;
        }
    }
}
