using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Text.Json;
using Muster.Benchmarks.Load;

namespace Muster.Benchmarks.Scale.Load;

/// <summary>The child's side of a storm.</summary>
internal sealed class StormDevices(StormOrder order)
{
    // At the start only: a fleet that lost its silo comes back all at once.
    private const int FirstAtATime = 128;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Clients clients = new(order.HubHost, order.Prefix, TimeProvider.System.GetUtcNow().AddHours(2));
    private readonly IPEndPoint server = new(IPAddress.Parse(order.Address), order.Port);
    private Count count = new();
    private int connected;

    internal async Task<int> RunAsync()
    {
        using var first = new SemaphoreSlim(FirstAtATime);
        for (var i = 0; i < order.Devices; i++) { _ = LiveAsync(i, first); }
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var lost = int.Parse(line);
            for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Patience; await Task.Delay(20))
            {
                if (connected == order.Devices && count.Lost >= lost) { break; }
            }

            var done = Interlocked.Exchange(ref count, new Count());
            Console.WriteLine(JsonSerializer.Serialize(done.Report()));
        }

        return 0;
    }

    private async Task LiveAsync(int device, SemaphoreSlim first)
    {
        await first.WaitAsync();
        var isFirst = true;
        while (true)
        {
            await using var stream = await ConnectAsync(device);
            Interlocked.Increment(ref connected);
            count.OnBack();
            if (isFirst) { first.Release(); }
            isFirst = false;
            await UntilLostAsync(stream);
            Interlocked.Decrement(ref connected);
            count.OnLost();
        }
    }

    private async Task<SslStream> ConnectAsync(int device)
    {
        for (var tried = 0; ; tried++)
        {
            try { return await TlsLoad.ConnectAsync(server, clients.Connect(device)); }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException)
            {
                count.OnFailure(e, tried + 1);
            }

            // Once soon, then twice as long each time, spread so that those who failed together do not come together.
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, tried)) * (0.5 + Random.Shared.NextDouble())));
        }
    }

    private static async Task UntilLostAsync(SslStream stream)
    {
        var buffer = new byte[64];
        try { while (await stream.ReadAsync(buffer) > 0) { } }
        catch (IOException) { }
    }

    private sealed class Count
    {
        private readonly long began = Stopwatch.GetTimestamp();
        private readonly ConcurrentDictionary<string, int> errors = new();
        private readonly Lock one = new();
        private int back;
        private int failures;
        private int mostRetries;
        private double firstLost;
        private double lastBack;

        internal int Lost { get; private set; }

        internal void OnLost()
        {
            lock (one)
            {
                if (Lost++ == 0) { firstLost = Stopwatch.GetElapsedTime(began).TotalSeconds; }
            }
        }

        internal void OnBack()
        {
            lock (one)
            {
                back++;
                lastBack = Stopwatch.GetElapsedTime(began).TotalSeconds;
            }
        }

        internal void OnFailure(Exception error, int retries)
        {
            var text = $"{error.GetType().Name}: {error.Message}";
            errors.AddOrUpdate(text.Length > 80 ? text[..80] : text, 1, (_, n) => n + 1);
            lock (one) { (failures, mostRetries) = (failures + 1, Math.Max(mostRetries, retries)); }
        }

        internal StormReport Report()
        {
            lock (one) { return new StormReport(Lost, back, firstLost, lastBack, failures, mostRetries, errors.ToDictionary()); }
        }
    }
}
