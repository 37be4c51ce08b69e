using System.Buffers;
using System.Net.Security;
using System.Text;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Protocol;
using Xunit;

namespace Muster.Mqtt;

/// <summary>A device by another implementation of MQTT; what it receives waits in a queue.</summary>
internal sealed class TestDevice : IAsyncDisposable
{
    private readonly Channel<(string Topic, string Payload)> received = Channel.CreateUnbounded<(string, string)>();
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TestDevice(string id)
    {
        Id = id;
        Client.ApplicationMessageReceivedAsync += e =>
        {
            received.Writer.TryWrite((e.ApplicationMessage.Topic, Encoding.UTF8.GetString(e.ApplicationMessage.Payload.ToArray())));
            return Task.CompletedTask;
        };
        Client.DisconnectedAsync += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
    }

    public IMqttClient Client { get; } = new MqttClientFactory().CreateMqttClient();

    public string Id { get; }

    public Task Closed => closed.Task;

    public MqttClientConnectResult Connected { get; private set; } = null!;

    public static async Task<TestDevice> ConnectAsync(HubFixture hub, string id, Action<MqttClientOptionsBuilder>? change = null)
    {
        var device = new TestDevice(id);
        var options = new MqttClientOptionsBuilder()
            .WithTcpServer(hub.Plain.Address.ToString(), hub.Plain.Port)
            .WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V311)
            .WithClientId(id).WithCleanSession(false)
            .WithCredentials($"{HubFixture.Host}/{id}/?api-version=2021-04-12", HubFixture.DeviceToken(id))
            .WithTimeout(TimeSpan.FromSeconds(20));
        change?.Invoke(options);
        device.Connected = await device.Client.ConnectAsync(options.Build(), TestContext.Current.CancellationToken);
        return device;
    }

    public static void OverTls(MqttClientOptionsBuilder options, HubFixture hub, params System.Security.Cryptography.X509Certificates.X509Certificate2[] mine) =>
        options.WithTcpServer(hub.Tls.Address.ToString(), hub.Tls.Port).WithTlsOptions(tls => tls
            .UseTls()
            .WithTargetHost(HubFixture.Host)
            .WithCertificateValidationHandler(_ => true)
            .WithSslProtocols(System.Security.Authentication.SslProtocols.Tls13)
            .WithClientCertificates(mine));

    public async Task<byte> SubscribeAsync(string filter, int qos = 0)
    {
        var result = await Client.SubscribeAsync(
            new MqttClientSubscribeOptionsBuilder().WithTopicFilter(filter, (MqttQualityOfServiceLevel)qos).Build(), TestContext.Current.CancellationToken);
        return (byte)result.Items.Single().ResultCode;
    }

    public Task PublishAsync(string topic, string payload = "", int qos = 0, bool retain = false) => Client.PublishAsync(
        new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).WithRetainFlag(retain)
            .WithQualityOfServiceLevel((MqttQualityOfServiceLevel)qos).Build(), TestContext.Current.CancellationToken);

    public async Task<(string Topic, string Payload)> ReceiveAsync() =>
        await received.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        return ValueTask.CompletedTask;
    }
}
