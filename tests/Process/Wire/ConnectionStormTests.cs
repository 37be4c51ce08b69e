using System.Net.Sockets;
using Muster.Hosting;

namespace Muster.Wire;

public sealed class ConnectionStormTests
{
    private const int ConnectionsInAll = 100_000;
    private const int MostAtOnce = 8_000;
    private const int MostDiallingAtOnce = 256;
    private static readonly byte[] HalfOfTlsHello = [0x16, 0x03];

    [Fact]
    public async Task A_hundred_thousand_connections_without_CONNECT_end_and_leave_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.Path, "--set", "Hub:ConnectTimeout=00:00:05");
        await using var bystander = await Bystander.ConnectAsync(hub.Connection);
        await bystander.WorkAsync();
        var descriptors = ProcessFigures.Descriptors(hub.Pid);

        // As many as this process may open; the number in all shrinks with it, so that the time stays the same.
        var atOnce = Math.Min(MostAtOnce, ProcessFigures.OwnDescriptorLimit() * 2 / 5);
        var half = ConnectionsInAll / 2 * atOnce / MostAtOnce;
        await bystander.WorkWhileAsync(StormAsync(hub.Connection, half, atOnce));

        // A server's collector takes memory until it has seen its load a few times. What leaks grows with every further storm.
        List<long> resident = [ProcessFigures.ResidentMegabytes(hub.Pid)];
        do
        {
            await bystander.WorkWhileAsync(StormAsync(hub.Connection, half, atOnce));
            resident.Add(ProcessFigures.ResidentMegabytes(hub.Pid));
        }
        while (resident[^1] - resident[^2] >= 64 && resident.Count < 5);

        await Eventually.TrueAsync("the descriptors to come back", () => ProcessFigures.Descriptors(hub.Pid) <= descriptors + 20);
        Assert.True(resident[^1] - resident[^2] < 64, $"Every storm leaves memory behind: {string.Join(", ", resident)} MB.");
    }

    [Fact]
    public async Task More_connections_than_allowed_end_at_once_and_the_connected_device_works_on()
    {
        const int Allowed = 40;
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(
            Loopback.Next(), folder.Path, "--set", $"Hub:MaxConnections={Allowed}", "--set", "Hub:ConnectTimeout=00:01:00");
        await using var bystander = await Bystander.ConnectAsync(hub.Connection);
        var descriptors = ProcessFigures.Descriptors(hub.Pid);

        List<BareConnection> connections = [];
        var refused = 0;
        for (var i = 0; i < 3 * Allowed; i++)
        {
            try
            {
                connections.Add(await BareConnection.DialAsync(hub.Connection, i));
            }
            catch (SocketException)
            {
                // Closed before the dial even returned.
                refused++;
            }
        }

        // The time-out for CONNECT is a minute here: whatever ends sooner was one too many.
        var ends = connections.ConvertAll(connection => connection.UntilClosedAsync(seconds: 120));
        await bystander.WorkWhileAsync(Eventually.TrueAsync(
            "the excess to be closed", () => refused + ends.Count(end => end.IsCompleted) >= 2 * Allowed + 1));
        Assert.Equal(2 * Allowed + 1, refused + ends.Count(end => end.IsCompletedSuccessfully));

        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        await Task.WhenAll(ends).ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
        await Eventually.TrueAsync("the descriptors to come back", () => ProcessFigures.Descriptors(hub.Pid) <= descriptors + 10);
        await Eventually.TrueAsync("a new connection to be let in", async () =>
        {
            await using var next = await BareConnection.DialAsync(hub.Connection, 0);
            await next.StartTlsAsync(hub.Connection);
            return true;
        });
        await bystander.WorkAsync();
    }

    /// <summary>Opens that many connections, keeps up to <paramref name="atOnce"/> open, and waits until the hub has ended each.</summary>
    private static async Task StormAsync(HubConnection hub, int count, int atOnce)
    {
        // A kernel whose accept queue is full forgets a connection without a word to its other end, which would then wait for ever if it is
        // one that never speaks.
        using var dialling = new SemaphoreSlim(MostDiallingAtOnce);
        var options = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = TestContext.Current.CancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, count), options, async (number, cancellationToken) =>
        {
            await dialling.WaitAsync(cancellationToken);
            await using var connection = await BareConnection.DialAsync(hub, number);
            dialling.Release();
            try
            {
                await SpeakAsync(connection, hub, number);
            }
            catch (IOException)
            {
                return;
            }

            await connection.UntilClosedAsync(seconds: 120);
        });
    }

    /// <summary>One in fifty gets through TLS, one in fifty begins it; all others never say a byte.</summary>
    private static Task SpeakAsync(BareConnection connection, HubConnection hub, int number) => (number % 50) switch
    {
        0 => connection.StartTlsAsync(hub),
        1 => connection.SendAsync(HalfOfTlsHello),
        _ => Task.CompletedTask,
    };
}
