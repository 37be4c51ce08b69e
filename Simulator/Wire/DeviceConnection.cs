using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Muster.Simulation;

/// <summary>A request from the hub: a direct method.</summary>
internal sealed record MethodRequest(string Name, string RequestId, byte[] Payload);

/// <summary>One connection of one device, in IoT Hub's MQTT dialect.</summary>
internal sealed partial class DeviceConnection : IDisposable
{
    private const string MethodTopic = "$iothub/methods/POST/";
    private const string TwinReplyTopic = "$iothub/twin/res/";
    private const string ReportTopic = "$iothub/twin/PATCH/properties/reported/?$rid=";
    private const string DesiredTopic = "$iothub/twin/PATCH/properties/desired/";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly IMqttClient client = new MqttClientFactory().CreateMqttClient();
    private readonly CancellationTokenSource ended = new();
    private readonly string deviceId;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<TwinAnswer>> asked = new();
    private int requests;

    private DeviceConnection(string deviceId) => this.deviceId = deviceId;

    /// <summary>Cancelled when the connection has ended, whoever ended it.</summary>
    internal CancellationToken Ended => ended.Token;

    /// <summary>Connects and subscribes to methods, twin replies and desired changes.</summary>
    internal static async Task<DeviceConnection> OpenAsync(
        HubAddress hub, Func<X509ChainPolicy> trust, string deviceId, string token, Func<MethodRequest, Task> onMethod, Func<JsonElement, Task> onDesired,
        CancellationToken cancellationToken)
    {
        var connection = new DeviceConnection(deviceId);
        try
        {
            connection.client.ApplicationMessageReceivedAsync += received => connection.DispatchAsync(received.ApplicationMessage, onMethod, onDesired);
            connection.client.DisconnectedAsync += _ => connection.ended.CancelAsync();
            var options = new MqttClientOptionsBuilder()
                .WithProtocolVersion(MqttProtocolVersion.V311)
                .WithTcpServer(hub.Dial, hub.MqttPort)
                .WithTlsOptions(tls => tls.UseTls().WithTargetHost(hub.HostName).WithCertificateValidationHandler(
                    seen => IsTrusted(seen.Certificate, seen.SslPolicyErrors, trust)))
                .WithClientId(deviceId)
                .WithCredentials($"{hub.HostName}/{deviceId}/?api-version=2021-04-12", token)
                .WithCleanSession(false)
                .WithKeepAlivePeriod(TimeSpan.FromSeconds(180))
                .WithTimeout(Patience)
                .Build();
            var answer = await connection.client.ConnectAsync(options, cancellationToken);
            if (answer.ResultCode != MqttClientConnectResultCode.Success)
            {
                throw new MqttCommunicationException($"the hub refused the connection: {answer.ResultCode}");
            }

            var filters = new MqttClientSubscribeOptionsBuilder()
                .WithTopicFilter($"{MethodTopic}#").WithTopicFilter($"{TwinReplyTopic}#").WithTopicFilter($"{DesiredTopic}#").Build();
            await connection.client.SubscribeAsync(filters, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Telemetry at QoS 1; returns once the hub has it.</summary>
    internal Task SendAsync(byte[] json, CancellationToken cancellationToken) => PublishAsync(
        $"devices/{deviceId}/messages/events/%24.ct=application%2Fjson&%24.ce=utf-8", json, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken);

    /// <summary>The device's twin: <c>desired</c> and <c>reported</c>.</summary>
    internal async Task<JsonElement> GetTwinAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync("$iothub/twin/GET/?$rid=", " "u8.ToArray(), cancellationToken);
        return JsonElement.Parse(answer.Body);
    }

    /// <summary>Reports properties; the hub's acknowledgement is not waited for.</summary>
    internal Task ReportAsync(byte[] patch, CancellationToken cancellationToken) =>
        PublishAsync($"{ReportTopic}report", patch, MqttQualityOfServiceLevel.AtMostOnce, cancellationToken);

    /// <summary>Reports properties; returns the hub's status once they are durable: 204, or why not.</summary>
    internal async Task<int> ReportDurablyAsync(byte[] patch, CancellationToken cancellationToken) =>
        (await AskAsync(ReportTopic, patch, cancellationToken)).Status;

    internal Task AnswerAsync(MethodRequest request, int status, byte[] payload, CancellationToken cancellationToken) => PublishAsync(
        $"$iothub/methods/res/{status.ToString(CultureInfo.InvariantCulture)}/?$rid={request.RequestId}", payload,
        MqttQualityOfServiceLevel.AtMostOnce, cancellationToken);

    /// <summary>Ends it as a device does that means to: the hub publishes no will.</summary>
    internal Task CloseAsync(CancellationToken cancellationToken) =>
        client.IsConnected ? client.DisconnectAsync(cancellationToken: cancellationToken) : Task.CompletedTask;

    /// <summary>Without <see cref="CloseAsync"/> before, the connection just breaks off.</summary>
    public void Dispose()
    {
        client.Dispose();
        ended.Dispose();
    }

    private readonly record struct TwinAnswer(int Status, byte[] Body);

    private Task<MqttClientPublishResult> PublishAsync(string topic, byte[] payload, MqttQualityOfServiceLevel qualityOfService, CancellationToken cancellationToken) =>
        client.PublishAsync(
            new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).WithQualityOfServiceLevel(qualityOfService).Build(), cancellationToken);

    private async Task<TwinAnswer> AskAsync(string topic, byte[] payload, CancellationToken cancellationToken)
    {
        var request = Interlocked.Increment(ref requests).ToString(CultureInfo.InvariantCulture);
        var answer = asked.GetOrAdd(request, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await PublishAsync(topic + request, payload, MqttQualityOfServiceLevel.AtMostOnce, cancellationToken);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ended.Token);
            return await answer.Task.WaitAsync(Patience, ending.Token);
        }
        finally
        {
            asked.TryRemove(request, out _);
        }
    }

    private void OnTwinReply(string topic, byte[] body)
    {
        if (TwinReply().Match(topic) is { Success: true } reply && asked.TryRemove(reply.Groups["request"].Value, out var answer))
        {
            answer.TrySetResult(new(int.Parse(reply.Groups["status"].ValueSpan, CultureInfo.InvariantCulture), body));
        }
    }

    [GeneratedRegex(@"^\$iothub/twin/res/(?<status>\d{3})/\?\$rid=(?<request>[^&]+)")]
    private static partial Regex TwinReply();

    private Task DispatchAsync(MqttApplicationMessage message, Func<MethodRequest, Task> onMethod, Func<JsonElement, Task> onDesired)
    {
        var payload = System.Buffers.BuffersExtensions.ToArray(message.Payload);
        if (message.Topic.StartsWith(MethodTopic, StringComparison.Ordinal))
        {
            var name = message.Topic[MethodTopic.Length..message.Topic.LastIndexOf('/')];
            return onMethod(new(name, message.Topic[(message.Topic.IndexOf("$rid=", StringComparison.Ordinal) + 5)..], payload));
        }

        if (message.Topic.StartsWith(DesiredTopic, StringComparison.Ordinal))
        {
            return onDesired(JsonElement.Parse(payload));
        }

        OnTwinReply(message.Topic, payload);
        return Task.CompletedTask;
    }

    private static bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors, Func<X509ChainPolicy> trust)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain { ChainPolicy = trust() };
        using var leaf = new X509Certificate2(certificate);
        return chain.Build(leaf);
    }
}
