using System.Net;
using System.Net.Sockets;
using Muster.Wire;
using Xunit;

namespace Muster.Mqtt;

/// <summary>A socket that says whatever bytes a test wants.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly TcpClient tcp = new();

    public static async Task<RawClient> OpenAsync(IPEndPoint to)
    {
        var client = new RawClient();
        await client.tcp.ConnectAsync(to, TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>Connects as a device of the fixture; the CONNACK's return code must be 0.</summary>
    public static async Task<RawClient> ConnectAsync(HubFixture hub, string id, int keepAlive = 60, string? token = null, byte[]? will = null)
    {
        var client = await OpenAsync(hub.Plain);
        await client.SendAsync(Connect(id, keepAlive, token, will));
        Assert.Equal([0x20, 2, 0, 0], await client.ReadAsync(4));
        return client;
    }

    public static byte[] Connect(string id, int keepAlive = 60, string? token = null, byte[]? will = null) => MqttPackets.Connect(
        id, $"{HubFixture.Host}/{id}/?api-version=2021-04-12", token ?? HubFixture.DeviceToken(id),
        will is null ? null : ($"devices/{id}/messages/events/a=b", will), keepAlive);

    public async Task SendAsync(byte[] bytes) => await tcp.GetStream().WriteAsync(bytes, TestContext.Current.CancellationToken);

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await tcp.GetStream().ReadExactlyAsync(bytes, Deadline());
        return bytes;
    }

    /// <summary>Completes when the hub ends the connection; says what it sent before.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        try
        {
            await tcp.GetStream().CopyToAsync(all, Deadline());
        }
        catch (IOException)
        {
            // A reset is an end too.
        }

        return all.ToArray();
    }

    /// <summary>Ends without a word, as a device that lost its network.</summary>
    public void Drop()
    {
        tcp.Client.LingerState = new LingerOption(true, 0);
        tcp.Close();
    }

    public ValueTask DisposeAsync()
    {
        tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private static CancellationToken Deadline() =>
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken, new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token).Token;
}
