using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Muster.KillPoints;
using Orleans.Configuration;

namespace Muster.Survival.Rollouts;

/// <summary>One hub with embedded storage that is killed and started again, and the Orleans client that finds it each time.</summary>
internal sealed class MortalHub : IMortal
{
    private const int Killed = 128 + Signals.Kill;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(2);
    private readonly string folder;
    private readonly string bind;
    private readonly string[] settings;
    private ChildProcess? process;
    private IHost? client;
    private KillPlace? armed;
    private int starts;

    private MortalHub(string folder, string bind, string[] settings) => (this.folder, this.bind, this.settings) = (folder, bind, settings);

    public HubTarget Hub { get; private set; } = null!;

    public bool IsDead => process?.HasExited == true;

    /// <summary>Where it dies, each time it was started again; empty for where it is killed.</summary>
    internal Queue<KillPlace> Places { get; } = [];

    /// <summary>Where it was to die and did not.</summary>
    internal IReadOnlyList<KillPlace> Left => armed is { } one && !IsDead ? [one, .. Places] : [.. Places];

    public IGrainFactory? Grains => client?.Services.GetRequiredService<IGrainFactory>();

    internal static async Task<MortalHub> StartAsync(string folder, string bind, string[] settings, CancellationToken stop)
    {
        var hub = new MortalHub(folder, bind, settings);
        await hub.StartAsync(stop);
        return hub;
    }

    public async Task KillAsync(Random random, CancellationToken stop)
    {
        var (dead, old) = (process!, client);
        if (dead.HasExited && dead.ExitCode != Killed)
        {
            throw Crash(dead);
        }

        client = null;
        _ = Signals.Send(dead.Id, Signals.Kill);
        await dead.DisposeAsync();
        await LetGoAsync(old);
        await StartAsync(stop);
    }

    public async ValueTask DisposeAsync()
    {
        await LetGoAsync(client);
        if (process is not null)
        {
            await process.DisposeAsync();
        }
    }

    /// <summary>Its hub is gone: there is nobody to take leave of, and an Orleans client waits minutes for somebody.</summary>
    private static async Task LetGoAsync(IHost? host)
    {
        if (host is null)
        {
            return;
        }

        var leave = Task.Run(async () =>
        {
            using var limit = new CancellationTokenSource(LeaveLimit);
            await host.StopAsync(limit.Token);
            host.Dispose();
        });
        await Task.WhenAny(leave, Task.Delay(LeaveLimit));
        _ = leave.ContinueWith(static left => left.Exception, TaskScheduler.Default);
    }

    private async Task StartAsync(CancellationToken stop)
    {
        while (!await TryStartAsync(stop))
        {
            await process!.DisposeAsync();
        }
    }

    /// <summary>False where it came to its place before it could be talked to.</summary>
    private async Task<bool> TryStartAsync(CancellationToken stop)
    {
        var connection = Path.Combine(folder, "connection.json");
        Directory.CreateDirectory(folder);
        File.Delete(connection);
        string[] arguments = ["--bind", bind, "--data", folder, "--devices", "0", .. settings.SelectMany(static setting => new[] { "--set", setting })];
        var environment = Environment();
        process = await ChildProcess.StartAsync(Repository.SiloExecutable, arguments, $"{folder}-{++starts}.log", environment);
        await Patience.UntilAsync("the hub to start", StartLimit, () =>
            !process.HasExited ? File.Exists(connection) ? null : "no connection.json"
            : environment.Count > 0 && process.ExitCode == Killed ? null
            : throw Crash(process), stop);
        if (process.HasExited)
        {
            return false;
        }

        Hub = await HubTarget.ReadAsync(connection, stop);
        var connecting = ConnectAsync(await File.ReadAllTextAsync(connection, stop), process.Ended, stop);
        await Patience.UntilAsync("a client to connect", StartLimit, () => connecting.IsCompletedSuccessfully || process.HasExited ? null : "no connection", stop);
        client = connecting.IsCompletedSuccessfully ? await connecting : null;
        return client is not null;
    }

    private Dictionary<string, string> Environment() => Places.TryDequeue(out armed)
        ? new() { ["DOTNET_STARTUP_HOOKS"] = typeof(KillPlace).Assembly.Location, [KillPlace.Variable] = armed.ToString() }
        : [];

    private InvalidOperationException Crash(ChildProcess dead) => new($"the hub ended by itself with {dead.ExitCode}; see {folder}-{starts}.log");

    private static async Task<IHost> ConnectAsync(string connection, CancellationToken ended, CancellationToken stop)
    {
        using var document = JsonDocument.Parse(connection);
        var orleans = document.RootElement.GetProperty("orleans");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(orleansClient => orleansClient
            .UseStaticClustering([IPEndPoint.Parse(orleans.GetProperty("gateway").GetString()!)])
            .AddOutgoingGrainCallFilter(call => AskAsync(call, ended))
            .Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10))
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) =
                (orleans.GetProperty("clusterId").GetString()!, orleans.GetProperty("serviceId").GetString()!)));
        var host = builder.Build();
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ended, stop);
            await host.StartAsync(either.Token);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    // No call is answered after the end of the hub: one that waited on would keep its device from the next hub.
    private static async Task AskAsync(IOutgoingGrainCallContext call, CancellationToken ended)
    {
        try
        {
            await call.Invoke().WaitAsync(ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            throw new SiloUnavailableException("The hub has ended.");
        }
    }
}
