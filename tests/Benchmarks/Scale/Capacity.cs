using System.Text;

namespace Muster.Benchmarks.Scale;

/// <summary>Does the sums of <c>docs/capacity.md</c> from what was measured, and writes its two tables.</summary>
internal sealed class Capacity(IReadOnlyList<Measured> measured)
{
    private const double SiloCores = 16;
    private const double SiloGb = 64;
    private const double StoreCores = 24;
    private const double StoreLogMb = 300;
    private const double Gb = 1024.0 * 1024 * 1024;

    // tests/Benchmarks/results/latest.md, idle-connections: an idle TLS device with its grain; the grain counts by itself here.
    private const double ConnectionKb = 30;
    private const double PacketBytes = 330;
    private const double EventBytes = 300;

    private static readonly (string Name, string Text, string Unit)[] Inputs =
    [
        ("silo-cpu-per-message", "silo CPU per telemetry message, three silos", "µs"),
        ("postgres-cpu-per-message", "PostgreSQL CPU per message: the event and the row's last values", "µs"),
        ("silo-cpu-per-update", "silo CPU per durable twin update, three silos", "µs"),
        ("postgres-cpu-per-update", "PostgreSQL CPU per update", "µs"),
        ("silo-cpu-per-read", "silo CPU per read, three silos", "µs"),
        ("connect-cpu", "silo and balancer CPU per connect with TLS and SAS", "µs"),
        ("message-wal-bytes", "WAL per message", "bytes"),
        ("update-wal-bytes", "WAL per update", "bytes"),
        ("stored-bytes-per-device", "row of a 1 KB twin, indexes included", "KB"),
        ("hot-grain-memory", "resident memory per hot grain with a 1 KB twin", "KB"),
        ("hot-1m-start", "grains started from the store, on this machine", "grains/s"),
    ];

    private static readonly (string Name, double Message, double Other)[] Fleets = [("calm", 60, 600), ("busy", 10, 60)];

    /// <summary>Rewrites both tables; false, with a line for each, where something was not measured yet.</summary>
    internal bool Write(string path)
    {
        var missing = Inputs.Where(input => Value(input.Name) is null).Select(input => input.Name).ToArray();
        foreach (var name in missing) { Console.Error.WriteLine($"bench: {name} was not measured yet"); }
        var text = File.ReadAllText(path);
        text = Between(text, "measured", MeasuredTable());
        File.WriteAllText(path, missing.Length == 0 ? Between(text, "computed", Plan()) : text);
        return missing.Length == 0;
    }

    private string MeasuredTable()
    {
        var text = new StringBuilder("| what | value | figure in [scale.md](../tests/Benchmarks/results/scale.md) |\n|---|---|---|\n");
        foreach (var (name, what, unit) in Inputs)
        {
            text.Append($"| {what} | {(Value(name) is { } value ? $"{value:#,0.#} {unit}" : "not measured yet")} | {name} |\n");
        }

        return text.Append($"| memory per idle TLS device, its grain included | {ConnectionKb:0} KB | idle-connections in latest.md |\n").ToString();
    }

    private string Plan()
    {
        var text = new StringBuilder("""
            | fleet | messages/s | updates/s | silo cores | silo memory | silos | PostgreSQL cores | WAL | stores | rows | events a day | connections | per event partition | network in | storm |
            |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|

            """);
        foreach (var (name, everyMessage, every) in Fleets)
        {
            foreach (var n in new[] { 1e6, 1e7, 1e8 }) { text.Append(Row(name, n, n / everyMessage, n / every)); }
        }

        return text.ToString();
    }

    private string Row(string name, double n, double messages, double updates)
    {
        double V(string input) => Value(input)!.Value;
        var connects = n / 86_400;
        var cores = (messages * V("silo-cpu-per-message") + updates * (V("silo-cpu-per-update") + V("silo-cpu-per-read")) + connects * V("connect-cpu")) / 1e6 / 0.5;
        var memory = n * (V("hot-grain-memory") + ConnectionKb) * 1024 / Gb / 0.7;
        var silos = Math.Max(3, Math.Ceiling(Math.Max(cores / SiloCores, memory / SiloGb))) + 1;
        var database = (messages * V("postgres-cpu-per-message") + updates * V("postgres-cpu-per-update")) / 1e6 / 0.6;
        var log = (messages * V("message-wal-bytes") + updates * V("update-wal-bytes")) / 1e6;
        var stores = Math.Max(1, Math.Ceiling(Math.Max(database * 0.6 / StoreCores, log / StoreLogMb)));
        var storm = n / silos * V("connect-cpu") / 1e6 / ((silos - 1) * SiloCores);
        return $"| {n / 1e6:0} M {name} | {messages:#,0} | {updates:#,0} | {cores:#,0} | {memory:#,0} GB | {silos:#,0} | {database:#,0} | {log:#,0} MB/s | {stores:#,0} "
            + $"| {n * V("stored-bytes-per-device") * 1024 / Gb:#,0} GB | {messages * 86_400 * EventBytes / Gb:#,0} GB | {silos * 57:#,0} | {messages / 32:#,0}/s "
            + $"| {messages * PacketBytes * 8 / 1e9:0.0#} Gbit/s | {storm:0.#} s |\n";
    }

    private double? Value(string name) => measured.LastOrDefault(m => m.Result?.Name == name)?.Result?.Value;

    private static string Between(string text, string mark, string table)
    {
        var (from, to) = (text.IndexOf($"<!-- {mark} -->", StringComparison.Ordinal), text.IndexOf($"<!-- /{mark} -->", StringComparison.Ordinal));
        return from < 0 || to < from ? throw new InvalidDataException($"There is no place for '{mark}'.") : $"{text[..from]}<!-- {mark} -->\n\n{table}\n{text[to..]}";
    }
}
