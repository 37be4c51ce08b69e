using System.Text;
using Muster.Hosting;

namespace Muster.Wire;

public sealed class BadInputTests
{
    private const int Connections = 200;

    private static readonly (string What, byte[] Bytes)[] Offences =
    [
        ("an HTTP request", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: hub\r\n\r\n")),
        ("half a CONNECT", [0x10, 0x40, 0x00, 0x04, (byte)'M', (byte)'Q']),
        ("a CONNECT that lies about its length", [0x10, 0x0c, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 60, 0, 99]),
        ("the largest length there is", [0x10, 0xff, 0xff, 0xff, 0x7f, .. new byte[4096]]),
        ("a length beyond what MQTT can say", [0x30, 0xff, 0xff, 0xff, 0xff, 0x04, .. new byte[4096]]),
        ("a client id that is not UTF-8", [0x10, 0x0e, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 60, 0, 2, 0xc3, 0x28]),
    ];

    [Fact]
    public async Task Whoever_sends_nonsense_is_disconnected_costs_no_memory_and_disturbs_nobody()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.Path);
        await using var bystander = await Bystander.ConnectAsync(hub.Connection);
        await bystander.WorkAsync();
        var descriptors = ProcessFigures.Descriptors(hub.Pid);
        var resident = ProcessFigures.ResidentMegabytes(hub.Pid);

        await bystander.WorkWhileAsync(Task.WhenAll(Enumerable.Range(0, Connections).Select(number => OffendAsync(hub.Connection, number))));

        await Eventually.TrueAsync("the descriptors to come back", () => ProcessFigures.Descriptors(hub.Pid) <= descriptors + 10);
        var grown = ProcessFigures.ResidentMegabytes(hub.Pid) - resident;
        Assert.True(grown < 150, $"{Connections} bad connections left {grown} MB.");
    }

    private static async Task OffendAsync(HubConnection hub, int number)
    {
        var (what, bytes) = Offences[number % Offences.Length];
        await using var connection = await BareConnection.DialAsync(hub, number);
        await connection.StartTlsAsync(hub);
        try
        {
            await connection.SendAsync(bytes);
            await connection.UntilClosedAsync(seconds: 20);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"The connection after {what} was not closed.", exception);
        }
        catch (IOException)
        {
            // Closed while it was still sending.
        }
    }
}
