using System.Globalization;

namespace Muster.Survival.Rollouts;

/// <summary>What <c>./survive rollout</c> is asked for.</summary>
internal sealed record RolloutSurvivalOptions
{
    internal int Rounds { get; init; } = 20;

    internal int Seed { get; init; } = 1;

    internal int Devices { get; init; } = 10_000;

    internal bool IsCluster { get; init; }

    /// <summary>Whether it dies at places, of which this many are taken; null for moments.</summary>
    internal int? Places { get; init; }

    internal string Bind { get; init; } = "127.0.0.118";

    /// <summary>Seconds between two kills, from and to.</summary>
    internal (int From, int To) KillEvery { get; init; } = (4, 10);

    internal string Results { get; init; } = Path.Combine(Repository.Root, "tests", "Process", "results", "rollout.jsonl");

    internal const string Help = """
        Rolls firmware out to thousands of devices, faults among them, while the hub is killed with SIGKILL every few seconds, and checks that it ends as it would have without.

        usage: ./survive rollout [--rounds N] [--seed S] [--devices N] [--cluster | --places N] [--bind ADDRESS] [--results FILE]

          --rounds    each with a seed of its own, S and on (default 20)
          --seed      of devices' faults and of the moments of the kills (default 1)
          --devices   (default 10000)
          --cluster   three silos on PostgreSQL, one of which is killed each time; one process with embedded storage without
          --places    kills the one process between record, outbox and effect of each state, at N of these places (all there are: 1000), instead of every few seconds
          --bind      where the hub listens (default 127.0.0.118)
          --results   appends to another file than tests/Process/results/rollout.jsonl

        Exit code 0 if after every round all that is checked held, 1 if not, 2 for a wrong argument.
        """;

    /// <exception cref="FormatException">With what is wrong.</exception>
    internal static RolloutSurvivalOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new RolloutSurvivalOptions();
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
                "--cluster" => options with { IsCluster = true },
                "--places" => options with { Places = Number() },
                "--bind" => options with { Bind = Value() },
                "--results" => options with { Results = Path.GetFullPath(Value()) },
                var other => throw new FormatException($"there is no option '{other}'"),
            };
        }

        return options is { IsCluster: true, Places: not null } ? throw new FormatException("--places is for one process, without --cluster") : options;
    }
}
