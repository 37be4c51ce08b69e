using System.Collections.Concurrent;
using Muster.Devices;
using Muster.Hosting;

namespace Muster.Durability;

public sealed class MessageQueueTests
{
    private const int Devices = 6;
    private const int Rounds = 3;

    [Fact]
    public async Task Every_message_that_was_accepted_reaches_its_device_however_often_the_hub_is_killed()
    {
        using var folder = new TemporaryFolder();
        var address = Loopback.Next();
        var random = new Random(20261);
        List<Addressee> devices = [];
        var hub = await HubProcess.StartAsync(address, folder.Path);
        try
        {
            using (var service = new ServiceApi(hub.Connection))
            {
                for (var i = 0; i < Devices; i++)
                {
                    devices.Add(new Addressee($"addressee-{i}", await service.CreateAsync($"addressee-{i}")));
                    await devices[i].IntroduceAsync(hub.Connection);
                }
            }

            for (var round = 0; round < Rounds; round++)
            {
                await SendAndKillAsync(hub, devices, random.Next(100, 1200));
                await hub.DisposeAsync();
                hub = await HubProcess.StartAsync(address, folder.Path);
                await Task.WhenAll(devices.Select(device => device.CollectAsync(hub.Connection)));
            }
        }
        finally
        {
            await hub.DisposeAsync();
        }
    }

    // Every other device listens meanwhile; the queues of the others fill.
    private static async Task SendAndKillAsync(HubProcess hub, List<Addressee> devices, int milliseconds)
    {
        using var service = new ServiceApi(hub.Connection);
        using var gone = new CancellationTokenSource();
        var before = devices.Sum(device => device.Accepted.Count);
        var load = devices.Select((device, i) => device.LoadAsync(hub.Connection, service, isListening: i % 2 == 0, gone.Token)).ToList();
        await Eventually.TrueAsync("messages to be accepted", () => devices.Sum(device => device.Accepted.Count) > before + (3 * Devices));
        await Task.Delay(milliseconds, TestContext.Current.CancellationToken);
        await hub.KillAsync();
        await gone.CancelAsync();
        await Task.WhenAll(load);
    }

    private sealed class Addressee(string id, string key)
    {
        private readonly HashSet<string> received = [];
        private int sent;

        public ConcurrentQueue<string> Accepted { get; } = new();

        public async Task IntroduceAsync(HubConnection hub)
        {
            await using var link = await DeviceLink.ConnectAsync(hub, id, key);
            await link.SubscribeMessagesAsync();
        }

        public async Task LoadAsync(HubConnection hub, ServiceApi service, bool isListening, CancellationToken gone)
        {
            DeviceLink? link = null;
            try
            {
                link = isListening ? await DeviceLink.ConnectAsync(hub, id, key) : null;
                while (!gone.IsCancellationRequested)
                {
                    var body = $"{id}/{++sent}";
                    if (await service.SendMessageAsync(id, body))
                    {
                        Accepted.Enqueue(body);
                    }
                    else
                    {
                        await Task.Delay(50, gone);
                    }
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or MQTTnet.Exceptions.MqttCommunicationException)
            {
                // The hub is gone: whether the last one was queued is unknown.
            }
            finally
            {
                if (link is not null)
                {
                    received.UnionWith(link.Messages);
                    await link.DisposeAsync();
                }
            }
        }

        // With no new subscription: what is still queued comes by itself.
        public async Task CollectAsync(HubConnection hub)
        {
            await using var link = await DeviceLink.ConnectAsync(hub, id, key);
            Assert.True(link.SessionPresent);
            await Eventually.TrueAsync(
                $"{id} to have all that was accepted",
                () => !Accepted.Except(link.Messages.Concat(received), StringComparer.Ordinal).Any());
            received.UnionWith(link.Messages);
        }
    }
}
