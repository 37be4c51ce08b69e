using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using Muster.Hosting;

namespace Muster.Devices;

/// <summary>A device on the wire, in IoT Hub's dialect, by a client library that the hub does not share.</summary>
internal sealed class DeviceLink : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<(int Status, long Version, string Body)>> twinReplies = new();
    private readonly ConcurrentQueue<string> messages = new();
    private readonly Channel<JsonElement> desired = Channel.CreateUnbounded<JsonElement>();
    private readonly IMqttClient client = new MqttClientFactory().CreateMqttClient();
    private readonly string deviceId;
    private int lastRid;

    private DeviceLink(string deviceId) => this.deviceId = deviceId;

    /// <summary>True if the hub remembered this device's subscriptions.</summary>
    internal bool SessionPresent { get; private set; }

    internal bool IsConnected => client.IsConnected;

    /// <summary>Bodies of the cloud-to-device messages that came over this connection, in order.</summary>
    internal IReadOnlyCollection<string> Messages => messages;

    /// <summary>Connects with <c>clean=false</c> and subscribes to nothing.</summary>
    internal static async Task<DeviceLink> ConnectAsync(HubConnection hub, string deviceId, string key)
    {
        var link = new DeviceLink(deviceId);
        link.client.ApplicationMessageReceivedAsync += link.ReceiveAsync;
        var options = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithTcpServer(hub.HostName, hub.MqttPort)
            .WithTlsOptions(tls => tls.UseTls().WithCertificateValidationHandler(seen => Trust.Check(hub, seen.Certificate, seen.SslPolicyErrors)))
            .WithClientId(deviceId)
            .WithCredentials($"{hub.HostName}/{deviceId}/?api-version=2021-04-12", SasToken.Create($"{hub.HostName}/devices/{deviceId}", key))
            .WithCleanSession(false)
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(60))
            .WithTimeout(Patience)
            .Build();
        var result = await link.client.ConnectAsync(options, TestContext.Current.CancellationToken);
        link.SessionPresent = result.IsSessionPresent;
        return link;
    }

    /// <summary>Methods, twin replies and desired changes.</summary>
    internal async Task SubscribeAsync()
    {
        var filters = new MqttClientSubscribeOptionsBuilder()
            .WithTopicFilter("$iothub/methods/POST/#")
            .WithTopicFilter("$iothub/twin/res/#")
            .WithTopicFilter("$iothub/twin/PATCH/properties/desired/#")
            .Build();
        var granted = await client.SubscribeAsync(filters, TestContext.Current.CancellationToken);
        Assert.All(granted.Items, item => Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS0, item.ResultCode));
    }

    /// <summary>Cloud-to-device messages, at QoS 1; each is acknowledged as it comes.</summary>
    internal async Task SubscribeMessagesAsync()
    {
        var filter = new MqttClientSubscribeOptionsBuilder()
            .WithTopicFilter($"devices/{deviceId}/messages/devicebound/#", MqttQualityOfServiceLevel.AtLeastOnce).Build();
        var granted = await client.SubscribeAsync(filter, TestContext.Current.CancellationToken);
        Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS1, Assert.Single(granted.Items).ResultCode);
    }

    /// <summary>Reports properties and returns the <c>$version</c> of the acknowledgement.</summary>
    internal async Task<long> ReportAsync(object patch)
    {
        var (status, version, body) = await AskTwinAsync("PATCH/properties/reported", JsonSerializer.Serialize(patch));
        return status == 204 ? version : throw new InvalidOperationException($"The report was answered {status}: {body}");
    }

    /// <summary>The twin as the device sees it.</summary>
    internal async Task<JsonElement> GetTwinAsync()
    {
        var (status, _, body) = await AskTwinAsync("GET", " ");
        return status == 200 ? JsonElement.Parse(body) : throw new InvalidOperationException($"The twin was answered {status}: {body}");
    }

    /// <summary>Telemetry at QoS 1; returns at its PUBACK.</summary>
    internal async Task SendAsync(string messageId) =>
        await PublishAsync($"devices/{deviceId}/messages/events/%24.mid={messageId}", "{}", MqttQualityOfServiceLevel.AtLeastOnce);

    /// <summary>The next change of desired properties that the hub pushes.</summary>
    internal async Task<JsonElement> NextDesiredAsync() =>
        await desired.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (client.IsConnected)
        {
            try
            {
                await client.DisconnectAsync(cancellationToken: CancellationToken.None);
            }
            catch (MQTTnet.Exceptions.MqttCommunicationException)
            {
                // The hub was killed and the client had not noticed yet.
            }
        }

        client.Dispose();
    }

    private async Task<(int Status, long Version, string Body)> AskTwinAsync(string operation, string body)
    {
        var rid = Interlocked.Increment(ref lastRid).ToString(CultureInfo.InvariantCulture);
        var reply = new TaskCompletionSource<(int, long, string)>(TaskCreationOptions.RunContinuationsAsynchronously);
        twinReplies[rid] = reply;
        await PublishAsync($"$iothub/twin/{operation}/?$rid={rid}", body, MqttQualityOfServiceLevel.AtMostOnce);
        return await reply.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private async Task PublishAsync(string topic, string body, MqttQualityOfServiceLevel qualityOfService)
    {
        var message = new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(body).WithQualityOfServiceLevel(qualityOfService).Build();
        await client.PublishAsync(message, TestContext.Current.CancellationToken);
    }

    private async Task ReceiveAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        var topic = received.ApplicationMessage.Topic;
        var body = Encoding.UTF8.GetString(received.ApplicationMessage.Payload);
        if (topic.StartsWith("$iothub/twin/res/", StringComparison.Ordinal))
        {
            var segments = topic.Split('/');
            var query = segments[4].TrimStart('?').Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
            var version = query.TryGetValue("$version", out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
            if (twinReplies.TryRemove(query["$rid"], out var reply))
            {
                reply.TrySetResult((int.Parse(segments[3], CultureInfo.InvariantCulture), version, body));
            }
        }
        else if (topic.StartsWith("$iothub/twin/PATCH/", StringComparison.Ordinal))
        {
            desired.Writer.TryWrite(JsonElement.Parse(body));
        }
        else if (topic.Contains("/messages/devicebound/", StringComparison.Ordinal))
        {
            messages.Enqueue(body);
        }
        else if (topic.StartsWith("$iothub/methods/POST/", StringComparison.Ordinal))
        {
            await PublishAsync($"$iothub/methods/res/200/{topic[topic.LastIndexOf('?')..]}", "\"done\"", MqttQualityOfServiceLevel.AtMostOnce);
        }
    }
}
