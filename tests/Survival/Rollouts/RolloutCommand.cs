using System.Globalization;
using System.Text.Json;

namespace Muster.Survival.Rollouts;

/// <summary><c>./survive rollout</c>.</summary>
internal static class RolloutCommand
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static async Task<int> RunAsync(RolloutSurvivalOptions options, CancellationToken stop)
    {
        var (commit, failed) = (await Repository.CommitAsync(stop), 0);
        for (var round = 0; round < options.Rounds; round++)
        {
            var seed = options.Seed + round;
            var folder = Path.Combine(Repository.Root, "artifacts", "survive-rollout", string.Create(CultureInfo.InvariantCulture, $"{(options.IsCluster ? "cluster" : "hub")}-{seed}"));
            Remove(folder);
            Directory.CreateDirectory(folder);
            var result = await new RolloutRound(options, seed, folder).RunAsync(commit, stop);
            Directory.CreateDirectory(Path.GetDirectoryName(options.Results)!);
            await File.AppendAllTextAsync(options.Results, JsonSerializer.Serialize(result, Format) + "\n", stop);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"seed {seed}: {result.Verdict} in {result.Seconds} s, {result.Kills} kills, {result.Gates} gates opened and closed; in flight at most {result.MostInFlight}, of a site {result.MostOfSite}; {string.Join(", ", result.Ends.Select(static end => $"{end.Key} {end.Value}"))}"));
            foreach (var fault in result.Faults)
            {
                Console.WriteLine("  " + fault);
            }

            if (result.Verdict == "passed")
            {
                Remove(folder);
            }
            else
            {
                failed++;
                Console.WriteLine($"  its data and logs are in {folder}");
            }
        }

        Console.WriteLine($"{options.Rounds - failed} of {options.Rounds} rounds passed");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>What a round left behind: its data, and beside it what its hubs logged.</summary>
    private static void Remove(string folder)
    {
        var rounds = Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        foreach (var log in rounds.GetFiles(Path.GetFileName(folder) + "-*.log"))
        {
            log.Delete();
        }

        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
