using System.Globalization;

namespace Muster.Survival;

/// <summary>A database that goes away for a moment.</summary>
internal static class PostgresStrikes
{
    private static readonly TimeSpan BetweenCuts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    /// <summary>Stopped and started in half of the rounds; killed in the others, so that it has to recover what it promised from its log.</summary>
    internal static async Task RestartAsync(Strike strike)
    {
        var postgres = Node(strike);
        if (strike.Random.Next(2) == 0)
        {
            strike.Say("stop");
            await strike.Cluster.VerbAsync("stop", postgres.Name, strike.Stop);
            await strike.Cluster.VerbAsync("start", postgres.Name, strike.Stop);
        }
        else
        {
            strike.Say("kill");
            Signals.Send(postgres.Pid!.Value, Signals.Kill);
            await Patience.UntilAsync("PostgreSQL to be started again", StartLimit, () =>
                Node(strike).Pid is { } pid && pid != postgres.Pid ? null : "it is not", strike.Stop);
        }
    }

    /// <summary>Ends every connection of every silo, three times a second apart.</summary>
    internal static async Task CutAsync(Strike strike)
    {
        for (var i = 0; i < 3; i++)
        {
            var cut = await QueryAsync(
                strike, "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
            strike.Say($"{cut.Trim()} connections");
            await Task.Delay(BetweenCuts, strike.Stop);
        }
    }

    private static ClusterNode Node(Strike strike) => strike.Cluster.Nodes().Single(node => node.Role == "postgres");

    private static async Task<string> QueryAsync(Strike strike, string sql)
    {
        var node = Node(strike);
        var password = await File.ReadAllTextAsync(Path.Combine(strike.Cluster.Folder, "postgres", "password"), strike.Stop);
        var port = node.Port("postgres").ToString(CultureInfo.InvariantCulture);
        string[] arguments = [$"PGPASSWORD={password.Trim()}", "psql", "-h", node.Address, "-p", port, "-U", "muster", "-d", "muster", "-At", "-c", sql];
        return await ChildProcess.RunAsync("env", arguments, strike.Stop);
    }
}
