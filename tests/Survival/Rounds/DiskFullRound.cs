using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Muster.Survival;

/// <summary>One hub with embedded storage, on a small file system of its own that is filled up under load and emptied again.</summary>
internal sealed class DiskFullRound(SurviveOptions options, string folder)
{
    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    internal async Task<RoundResult> RunAsync(RoundPlan plan, CancellationToken stop)
    {
        var began = TimeProvider.System.GetUtcNow();
        var watch = Stopwatch.StartNew();
        var faults = new Faults();
        var recovered = 0.0;
        await using var disk = await SmallDisk.MountAsync(folder, stop);
        await using var hub = await SingleHub.StartAsync(disk.Path, options.Bind, stop);
        await using var fleet = new FleetLoad(hub.Hub, options, faults, stop);
        try
        {
            using var verification = new Verification(fleet, hub);
            await verification.BeginAsync(stop);
            await fleet.StartAsync();
            fleet.ResetFigures();
            fleet.Resume();
            await Task.Delay(new Random(plan.Seed + plan.Number).Next(1500, 5000), stop);
            recovered = await FillAsync(disk, hub, fleet, stop);
            await verification.RunAsync(new Random(plan.Seed), stop);
        }
        catch (Exception fault) when (!stop.IsCancellationRequested)
        {
            faults.Add(fault is LostPatienceException ? fault.Message : fault.ToString());
        }

        return Result(plan, began, fleet, faults) with { RecoveredSeconds = Math.Round(recovered, 1), Seconds = Math.Round(watch.Elapsed.TotalSeconds, 1) };
    }

    private static async Task<double> FillAsync(SmallDisk disk, SingleHub hub, FleetLoad fleet, CancellationToken stop)
    {
        disk.Fill();
        using var api = new HubApi(hub.Hub, TimeSpan.FromSeconds(15));
        await Patience.UntilAsync("a write to be refused for want of space", Limit, async () =>
        {
            var answer = await api.PatchTwinAsync(fleet.Devices[0].Who.Id, new { tags = new { full = Guid.NewGuid() } }, stop);
            return answer.IsOk ? "writes are still accepted" : Judge(answer, fleet);
        }, stop);
        await Task.Delay(FullFor, stop);
        var empty = Stopwatch.StartNew();
        disk.Empty();
        await Patience.UntilAsync("every device to be connected", Limit, () => Patience.Missing(
            fleet.Devices.Count(device => !device.IsConnected), "are not"), stop);
        await fleet.PauseAsync(Limit, stop);
        return empty.Elapsed.TotalSeconds;
    }

    // A clear error says "later", in the words of the API, and not after a time-out.
    private static string? Judge(ApiAnswer answer, FleetLoad fleet)
    {
        if (answer.Status is not (429 or 503) || !answer.Text.Contains("ErrorCode", StringComparison.OrdinalIgnoreCase))
        {
            fleet.Context.Faults.Add($"with a full disk a write was answered {answer}");
        }

        return null;
    }

    private static RoundResult Result(RoundPlan plan, DateTimeOffset began, FleetLoad fleet, Faults faults) =>
        new RoundResult(began, plan.Commit, plan.Seed, plan.Kind.Name, plan.Number, faults.Count == 0 ? RoundResult.Passed : "failed", "a file system of its own", 0)
        {
            Faults = faults.Lines,
            Devices = fleet.Devices.Count,
            Lost = Gaps.Of(fleet.Devices.Where(device => device.Outage.Dropped).Select(device => device.Outage.Longest)),
            Kept = Gaps.Of(fleet.Devices.Where(device => !device.Outage.Dropped).Select(device => device.Outage.Longest)),
            OtherGrains = Gaps.Of(fleet.Probes.Longest.Values),
            Reports = fleet.Context.Load.Reports,
            Changes = fleet.Context.Load.Changes,
            Messages = fleet.Context.Load.Messages,
            Methods = fleet.Context.Load.Methods,
            Unanswered = fleet.Context.Load.Unanswered,
            MethodsUnanswered = fleet.Context.Load.MethodsUnanswered,
            Handshakes = fleet.Context.Wire.Handshakes,
            HandshakesFailed = fleet.Context.Wire.HandshakesFailed,
            Refused = fleet.Context.Wire.Refused,
            MostAttempts = fleet.Context.Wire.MostAttempts,
        };
}

/// <summary>A file system of 96 MiB in memory.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int Megabytes = 96;

    private SmallDisk(string path) => Path = path;

    internal string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    internal static async Task<SmallDisk> MountAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(path);
        await UnmountAsync(path);
        string[] arguments = ["-t", "tmpfs", "-o", $"size={Megabytes}m,mode=0700", "muster-survive", path];
        await ChildProcess.RunAsync("mount", arguments, cancellationToken);
        return new SmallDisk(path);
    }

    /// <summary>Leaves not a byte.</summary>
    internal void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[64 * 1024];
        for (var size = block.Length; size > 0;)
        {
            try
            {
                file.Write(block, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    internal void Empty() => File.Delete(Filler);

    public async ValueTask DisposeAsync() => await UnmountAsync(Path);

    // Also one that an earlier run left behind.
    private static async Task UnmountAsync(string path)
    {
        while (File.ReadLines("/proc/mounts").Any(line => line.Split(' ')[1] == path))
        {
            await ChildProcess.RunAsync("umount", ["-l", path], CancellationToken.None);
        }
    }
}

/// <summary>The hub of <c>./run</c>.</summary>
internal sealed class SingleHub : Testbed
{
    private readonly ChildProcess process;

    private SingleHub(string folder, ChildProcess process) => (Folder, this.process) = (folder, process);

    internal override string Folder { get; }

    internal override IReadOnlyList<SiloAddress> Silos => [new("hub", new IPEndPoint(Hub.Address, Hub.HttpsPort))];

    internal static async Task<SingleHub> StartAsync(string folder, string bind, CancellationToken cancellationToken)
    {
        string[] arguments = ["--bind", bind, "--data", folder, "--devices", "0"];
        // Its log stands beside the small disk, not on it.
        var hub = new SingleHub(folder, await ChildProcess.StartAsync(Repository.SiloExecutable, arguments, folder + ".log"));
        try
        {
            var connection = Path.Combine(folder, "connection.json");
            await Patience.UntilAsync("the hub to start", TimeSpan.FromMinutes(2), () =>
                hub.process.HasExited ? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"the hub ended with {hub.process.ExitCode}; see {folder}.log"))
                : File.Exists(connection) ? null : "no connection.json", cancellationToken);
            hub.Hub = await HubTarget.ReadAsync(connection, cancellationToken);
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask DisposeAsync() => await process.DisposeAsync();
}
