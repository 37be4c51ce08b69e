using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Muster.Survival.Rollouts;

/// <summary>One hub with embedded storage that is killed and started again, and the Orleans client that finds it each time.</summary>
internal sealed class MortalHub : IMortal
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private readonly string folder;
    private readonly string bind;
    private readonly string[] settings;
    private ChildProcess? process;
    private IHost? client;
    private int starts;

    private MortalHub(string folder, string bind, string[] settings) => (this.folder, this.bind, this.settings) = (folder, bind, settings);

    public HubTarget Hub { get; private set; } = null!;

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

    private static async Task LetGoAsync(IHost? host)
    {
        if (host is not null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try
            {
                await host.StopAsync(limit.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or OrleansException or TimeoutException or AggregateException)
            {
                // Its hub is gone: there is nobody to take leave of.
            }

            host.Dispose();
        }
    }

    private async Task StartAsync(CancellationToken stop)
    {
        var connection = Path.Combine(folder, "connection.json");
        Directory.CreateDirectory(folder);
        File.Delete(connection);
        string[] arguments = ["--bind", bind, "--data", folder, "--devices", "0", .. settings.SelectMany(static setting => new[] { "--set", setting })];
        process = await ChildProcess.StartAsync(Repository.SiloExecutable, arguments, $"{folder}-{++starts}.log");
        await Patience.UntilAsync("the hub to start", StartLimit, () =>
            process.HasExited ? throw new InvalidOperationException($"the hub ended with {process.ExitCode}; see {folder}-{starts}.log")
            : File.Exists(connection) ? null : "no connection.json", stop);
        Hub = await HubTarget.ReadAsync(connection, stop);
        client = await ConnectAsync(await File.ReadAllTextAsync(connection, stop), stop);
    }

    private static async Task<IHost> ConnectAsync(string connection, CancellationToken stop)
    {
        using var document = JsonDocument.Parse(connection);
        var orleans = document.RootElement.GetProperty("orleans");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(orleansClient => orleansClient
            .UseStaticClustering([IPEndPoint.Parse(orleans.GetProperty("gateway").GetString()!)])
            .Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10))
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) =
                (orleans.GetProperty("clusterId").GetString()!, orleans.GetProperty("serviceId").GetString()!)));
        var host = builder.Build();
        await host.StartAsync(stop);
        return host;
    }
}
