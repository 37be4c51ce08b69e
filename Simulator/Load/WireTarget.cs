using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Muster.Simulation.Load;

/// <summary>Devices over MQTT and a back office over REST, as users have them.</summary>
internal sealed class WireTarget(HubAddress hub, LoadOptions options, TimeProvider clock) : ILoadTarget
{
    private const int Attempts = 3;
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(24);
    private readonly Registry registry = new(hub, clock);
    private readonly Func<X509ChainPolicy> trust = hub.TrustPolicy().Clone;
    private readonly DeviceConnection?[] connections = new DeviceConnection?[options.Devices];
    private readonly byte[] message = JsonSerializer.SerializeToUtf8Bytes(new { padding = new string('x', Math.Max(0, options.PayloadBytes - 14)) });
    private readonly string filler = new('x', options.PayloadBytes);
    private readonly CancellationTokenSource disposing = new();
    private long writes;

    public bool Has(LoadKind kind) => true;

    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var all = Enumerable.Range(0, options.Devices).Select(device => (LoadDevices.Id(device), KeyOf(device)));
        await Parallel.ForEachAsync(
            all.Chunk(Registry.MaxBulk), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
            async (some, stop) => await registry.RegisterAsync(some, stop));
    }

    public Task RunAsync(LoadKind kind, int device, CancellationToken cancellationToken) => kind switch
    {
        LoadKind.Connect => ConnectAsync(device, cancellationToken),
        LoadKind.Telemetry => Connection(device).SendAsync(message, cancellationToken),
        LoadKind.TwinWrite => WriteAsync(Connection(device), cancellationToken),
        LoadKind.TwinRead => Connection(device).GetTwinAsync(cancellationToken),
        LoadKind.Method => InvokeAsync(device, cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public async ValueTask DisposeAsync()
    {
        await disposing.CancelAsync();
        await Parallel.ForEachAsync(connections.OfType<DeviceConnection>(), async (connection, stop) =>
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), clock);
            try
            {
                await connection.CloseAsync(patience.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or MQTTnet.Exceptions.MqttCommunicationException)
            {
                // It ends without its goodbye.
            }

            connection.Dispose();
        });
        registry.Dispose();
        disposing.Dispose();
    }

    private async Task ConnectAsync(int device, CancellationToken cancellationToken)
    {
        var token = SasToken.Create($"{hub.HostName}/devices/{LoadDevices.Id(device)}", KeyOf(device), clock.GetUtcNow() + TokenLifetime);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var opened = await DeviceConnection.OpenAsync(
                    hub, trust, LoadDevices.Id(device), token, request => AnswerAsync(device, request), _ => Task.CompletedTask, cancellationToken);
                connections[device] = opened;
                opened.Ended.Register(() => _ = ReturnAsync(device, opened));
                return;
            }
            catch (Exception) when (attempt < Attempts && !cancellationToken.IsCancellationRequested)
            {
                // A device comes back; how long that took is in its latency.
                await Task.Delay(Backoff.Delay(attempt, RandomNumberGenerator.GetInt32(1000) / 1000.0), clock, cancellationToken);
            }
        }
    }

    /// <summary>A device whose connection broke off comes back, as real ones do; what is due for it meanwhile has failed.</summary>
    private async Task ReturnAsync(int device, DeviceConnection ended)
    {
        await Task.Yield();
        ended.Dispose();
        for (var failures = 1; !disposing.IsCancellationRequested; failures++)
        {
            try
            {
                await Task.Delay(Backoff.Delay(failures, RandomNumberGenerator.GetInt32(1000) / 1000.0), clock, disposing.Token);
                await ConnectAsync(device, disposing.Token);
                return;
            }
            catch (Exception exception) when (exception is OperationCanceledException || LoadRun.IsOfTheWire(exception))
            {
                // Again, later; or the end.
            }
        }
    }

    private DeviceConnection Connection(int device) => connections[device] is { } connection && !connection.Ended.IsCancellationRequested
        ? connection
        : throw new LoadFailedException("the device is not connected");

    private async Task WriteAsync(DeviceConnection connection, CancellationToken cancellationToken)
    {
        var patch = JsonSerializer.SerializeToUtf8Bytes(new { load = Interlocked.Increment(ref writes), filler });
        if (await connection.ReportDurablyAsync(patch, cancellationToken) is not (200 or 204) and var status)
        {
            throw new LoadFailedException(string.Create(CultureInfo.InvariantCulture, $"status {status}"));
        }
    }

    private async Task InvokeAsync(int device, CancellationToken cancellationToken)
    {
        var (status, payload) = await registry.InvokeAsync(LoadDevices.Id(device), "echo", cancellationToken);
        if (status != 200)
        {
            throw new LoadFailedException(string.Create(CultureInfo.InvariantCulture, $"HTTP {status}"));
        }

        if (payload.GetProperty("payload").GetString() != LoadDevices.Id(device))
        {
            throw new LoadFailedException("another device answered");
        }
    }

    private async Task AnswerAsync(int device, MethodRequest request)
    {
        try
        {
            var connection = Connection(device);
            await connection.AnswerAsync(request, 200, JsonSerializer.SerializeToUtf8Bytes(LoadDevices.Id(device)), connection.Ended);
        }
        catch (Exception exception) when (exception is LoadFailedException or OperationCanceledException or MQTTnet.Exceptions.MqttCommunicationException)
        {
            // Whoever called gets no answer, and counts that.
        }
    }

    // From the hub's own key, so that every run knows the keys of the run before it.
    private string KeyOf(int device) => Convert.ToBase64String(
        HMACSHA256.HashData(Convert.FromBase64String(hub.PolicyKey), Encoding.UTF8.GetBytes(LoadDevices.Id(device))));
}
