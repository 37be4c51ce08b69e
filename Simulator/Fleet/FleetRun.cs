using System.Globalization;
using System.Security.Cryptography;
using Muster.Simulation.Updates;

namespace Muster.Simulation;

/// <summary>The whole fleet, from connection.json to the last DISCONNECT.</summary>
internal static class FleetRun
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    internal static async Task<int> RunAsync(FleetOptions options, CancellationToken stop)
    {
        using var parent = options.IsChild ? await ParentWatch.StartAsync() : null;
        HubAddress hub;
        try
        {
            hub = HubAddress.Parse(parent?.FirstLine ?? await File.ReadAllTextAsync(options.Connection, stop));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"simulator: {options.Connection}: {exception.Message} Is the hub running?");
            return 2;
        }

        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop, parent?.Gone ?? CancellationToken.None);
        using var registry = new Registry(hub, TimeProvider.System);
        try
        {
            using var key = await KeyAsync(options.Updates.ManifestKey, registry, linked.Token);
            await RunAsync(options, hub, registry, key, linked.Token);
            return 0;
        }
        catch (ManifestKeyException exception)
        {
            await Console.Error.WriteLineAsync($"simulator: --manifest-key {options.Updates.ManifestKey}: {exception.Message}");
            return 2;
        }
    }

    private static async Task<ManifestKey?> KeyAsync(string? where, Registry registry, CancellationToken stop)
    {
        try
        {
            return where is null ? null : new(where == UpdateOptions.HubsKey ? await registry.ManifestKeyAsync(stop) : await File.ReadAllTextAsync(where, stop));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            throw new ManifestKeyException(exception.Message, exception);
        }
    }

    private static async Task RunAsync(FleetOptions options, HubAddress hub, Registry registry, ManifestKey? key, CancellationToken stop)
    {
        var clock = TimeProvider.System;
        var counters = new FleetCounters();
        using var downloads = new HttpClient(HubHttp.Handler(hub)) { Timeout = Timeout.InfiniteTimeSpan };
        var policy = hub.TrustPolicy();
        var updates = new UpdateContext(options.Updates, new(key), new(downloads, clock), counters, clock, stop);
        var fleet = new FleetContext(hub, policy.Clone, registry, options, new ConnectPace(options.ConnectRate, clock), counters, clock, updates);
        var pumps = Enumerable.Range(1, options.Devices).Select(number => new SimulatedPump(IdOf(number), number, fleet).RunAsync(stop)).ToArray();
        await new StatusLine(options, counters, clock).RunAsync(stop);
        try
        {
            await Task.WhenAll(pumps).WaitAsync(StopPatience, clock, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The hub is gone, or does not listen any more: sockets end with the process.
        }
    }

    private sealed class ManifestKeyException(string message, Exception inner) : Exception(message, inner);

    private static string IdOf(int number) => "pump-" + number.ToString("00000", CultureInfo.InvariantCulture);
}
