using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Muster.Devices;
using Muster.Errors;
using Muster.Json;
using Muster.Twins;

namespace Muster.Simulation.Load;

/// <summary>The device grains themselves, called by an Orleans client.</summary>
internal sealed class GrainTarget : ILoadTarget
{
    private const int RegisteringAtOnce = 256;
    private readonly IHost host;
    private readonly LoadOptions options;
    private readonly IDeviceGrain[] devices;
    private readonly string filler;
    private long writes;

    private GrainTarget(IHost host, LoadOptions options)
    {
        (this.host, this.options) = (host, options);
        var client = host.Services.GetRequiredService<IClusterClient>();
        devices = [.. Enumerable.Range(0, options.Devices).Select(device => client.GetGrain<IDeviceGrain>(LoadDevices.Id(device)))];
        filler = new('x', options.PayloadBytes);
    }

    internal static async Task<GrainTarget> ConnectAsync(ClusterAddress cluster, LoadOptions options, CancellationToken cancellationToken)
    {
        var host = cluster.BuildClient(options.SecurityFolder);
        await host.StartAsync(cancellationToken);
        return new GrainTarget(host, options);
    }

    public bool Has(LoadKind kind) => kind is LoadKind.TwinWrite or LoadKind.TwinRead;

    public Task RegisterAsync(CancellationToken cancellationToken) => Parallel.ForEachAsync(
        devices, new ParallelOptions { MaxDegreeOfParallelism = RegisteringAtOnce, CancellationToken = cancellationToken },
        async (device, _) =>
        {
            var reply = await device.CreateAsync(new IdentitySpec());
            if (reply is IdentityReply.Refused { Why.Code: not HubErrorCode.DeviceAlreadyExists } refused)
            {
                throw new LoadFailedException(refused.Why.Message);
            }
        });

    public async Task RunAsync(LoadKind kind, int device, CancellationToken cancellationToken)
    {
        var refusal = kind switch
        {
            LoadKind.TwinWrite => await devices[device].PatchReportedAsync(Patch()) is ReportedReply.Refused write ? write.Why : null,
            LoadKind.TwinRead => await devices[device].GetTwinAsync() is TwinReply.Refused read ? read.Why : null,
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        if (refusal is { } why)
        {
            throw new LoadFailedException(why.Code.ToString());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    private JsonUtf8 Patch() => new(JsonSerializer.SerializeToUtf8Bytes(new { load = Interlocked.Increment(ref writes), filler }));
}
