using System.Globalization;

namespace Muster.Survival;

/// <summary>
/// A silo that is cut off from the other silos, and in half of the rounds from PostgreSQL too, while devices still reach it. What it dials comes from the
/// machine's one loopback address, so an address does not tell whose packet it is: its new sockets are known by a control group, those that it has by their ports.
/// </summary>
internal static class PartitionStrike
{
    private static readonly TimeSpan CutFor = TimeSpan.FromSeconds(20);

    internal static async Task CutOffAsync(Strike strike)
    {
        var silo = strike.PickSilos(1)[0];
        var others = strike.Cluster.SiloNodes().Where(node => node.Name != silo.Name).ToList();
        var targets = others.ConvertAll(node => (node.Address, Port: node.Port("silo")));
        if (strike.Random.Next(2) == 0)
        {
            var postgres = strike.Cluster.Nodes().Single(node => node.Role == "postgres");
            targets.Add((postgres.Address, postgres.Port("postgres")));
        }

        strike.Say(silo.Name + (targets.Count > others.Count ? " and PostgreSQL" : ""));
        using var group = new ControlGroup("muster-survive", silo.Pid!.Value);
        try
        {
            await CutAsync(silo, group, targets, strike.Stop);
            await Task.Delay(CutFor, strike.Stop);
        }
        finally
        {
            await Firewall.ClearAsync();
        }
    }

    private static async Task CutAsync(ClusterNode silo, ControlGroup group, List<(string Address, int Port)> targets, CancellationToken stop)
    {
        var own = await OwnPortsAsync(silo.Pid!.Value, targets, stop);
        string[] toSilo = ["-p", "tcp", "-d", silo.Address, "--dport", Text(silo.Port("silo"))];
        await Firewall.DropAsync("INPUT", toSilo, stop);
        foreach (var (address, port) in targets)
        {
            string[] toTarget = ["-p", "tcp", "-d", address, "--dport", Text(port)];
            await Firewall.DropAsync("OUTPUT", [.. toTarget, "-m", "cgroup", "--path", group.PathOfGroup], stop);
            foreach (var some in own.Where(one => one.Address == address).Select(one => Text(one.Port)).Chunk(15))
            {
                await Firewall.DropAsync("OUTPUT", [.. toTarget, "-m", "multiport", "--sports", string.Join(',', some)], stop);
            }
        }
    }

    /// <summary>Ports from which the process dialled a target, by the target's address.</summary>
    private static async Task<List<(string Address, int Port)>> OwnPortsAsync(int pid, List<(string Address, int Port)> targets, CancellationToken stop)
    {
        List<(string, int)> found = [];
        foreach (var line in (await ChildProcess.RunAsync("ss", ["-Htnp", "state", "established"], stop)).Split('\n'))
        {
            // recv-q send-q local peer users:(("dotnet",pid=1,fd=2))
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length >= 5 && columns[4].Contains($"pid={pid},", StringComparison.Ordinal) &&
                targets.Any(target => Plain(columns[3]) == $"{target.Address}:{target.Port}"))
            {
                found.Add((Plain(columns[3]).Split(':')[0], int.Parse(columns[2].Split(':')[^1], CultureInfo.InvariantCulture)));
            }
        }

        return found;
    }

    // A socket for both families names an address of the older one "[::ffff:127.0.0.1]:80".
    private static string Plain(string endPoint) => endPoint.Replace("[::ffff:", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
