using Xunit;

namespace Muster.Upstream;

public sealed class UpstreamOptionsTests
{
    private const string Key = "c2VjcmV0IG9mIHRoZSB0ZXN0cw==";
    private const string Hub = $"HostName=h.azure-devices.net;SharedAccessKeyName=owner;SharedAccessKey={Key}";
    private const string Events = $"Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=owner;SharedAccessKey={Key};EntityPath=h";

    [Fact]
    public void A_hubs_connection_string_is_taken_apart()
    {
        Assert.True(HubConnectionString.TryParse(Hub + ";", out var hub, out _));
        Assert.Equal(new HubConnectionString("h.azure-devices.net", "owner", Key), hub);
        Assert.Equal("h", hub.HubName);
        Assert.DoesNotContain(Key, hub.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Events, null)]
    [InlineData($"Endpoint=sb://ns:5672;SharedAccessKeyName=owner;SharedAccessKey={Key};EntityPath=h", 5672)]
    public void An_events_connection_string_is_taken_apart(string text, int? port)
    {
        Assert.True(EventHubsConnectionString.TryParse(text, out var events, out _));
        Assert.Equal((port, "h", "owner", Key), (events.Port, events.EventHub, events.PolicyName, events.Key));
        Assert.DoesNotContain(Key, events.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData($"SharedAccessKeyName=owner;SharedAccessKey={Key}")]
    [InlineData($"HostName=h:8443;SharedAccessKeyName=owner;SharedAccessKey={Key}")]
    [InlineData($"HostName=h;HostName=i;SharedAccessKeyName=owner;SharedAccessKey={Key}")]
    [InlineData($"HostName=h;DeviceId=d;SharedAccessKeyName=owner;SharedAccessKey={Key}")]
    [InlineData($"HostName=h;SharedAccessKey={Key}")]
    [InlineData("HostName=h;SharedAccessKeyName=owner")]
    [InlineData("HostName=h;SharedAccessKeyName=owner;SharedAccessKey=%%%")]
    [InlineData(Events)]
    public void A_wrong_connection_string_is_told_in_one_line_without_its_key(string text)
    {
        var failure = Assert.Single(Failures(new UpstreamOptions { ConnectionString = text }));
        Assert.StartsWith("Upstream:ConnectionString ", failure, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure);
        Assert.DoesNotContain(Key, failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Hub)]
    [InlineData($"Endpoint=https://ns/;SharedAccessKeyName=owner;SharedAccessKey={Key};EntityPath=h")]
    [InlineData($"Endpoint=sb://ns/;SharedAccessKeyName=owner;SharedAccessKey={Key}")]
    public void So_is_a_wrong_one_of_its_events(string text)
    {
        var failure = Assert.Single(Failures(new UpstreamOptions { ConnectionString = Hub, EventHubsConnectionString = text }));
        Assert.StartsWith("Upstream:EventHubsConnectionString ", failure, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_setting_out_of_its_range_has_its_line()
    {
        var wrong = new UpstreamOptions
        {
            EventHubsConnectionString = Events,
            ConsumerGroup = "a/b",
            CaCertificate = "/there/is/no/such/file.pem",
            HttpsPort = 0,
            AmqpPort = 65536,
            RequestsPerSecond = 0,
            RequestTimeout = TimeSpan.Zero,
            ReconcileEvery = TimeSpan.FromDays(2),
            BatchEvents = 0,
        };

        Assert.Equal(
            ["EventHubsConnectionString", "ConsumerGroup", "CaCertificate", "HttpsPort", "AmqpPort", "RequestsPerSecond", "RequestTimeout", "ReconcileEvery", "BatchEvents"],
            Failures(wrong).Select(failure => failure.Split(' ')[0]["Upstream:".Length..]));
    }

    [Fact]
    public void Nothing_set_is_no_upstream_and_no_error()
    {
        Assert.Empty(Failures(new UpstreamOptions()));
        Assert.Empty(Failures(new UpstreamOptions { ConnectionString = Hub, EventHubsConnectionString = Events }));
    }

    private static IEnumerable<string> Failures(UpstreamOptions options) => new UpstreamOptionsValidator().Validate(null, options).Failures ?? [];
}
