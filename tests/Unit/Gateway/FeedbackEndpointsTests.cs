using System.Text;
using Muster.Access;
using Muster.CloudToDevice;
using Xunit;

namespace Muster.Gateway;

public sealed class FeedbackEndpointsTests
{
    private const string Path = "/messages/serviceBound/feedback";
    private static readonly Guid Token = Guid.Parse("0a3e7d5c-0000-4000-8000-000000000001");

    [Fact]
    public async Task Feedback_is_received_as_an_array_under_a_lock()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        Assert.Equal(204, (await gateway.GetAsync(Path)).Status);

        gateway.Cluster.ServiceQueue.Lent = Lent("""{"originalMessageId":"1"}""", """{"originalMessageId":"2"}""");
        var answer = await gateway.GetAsync(Path);

        Assert.Equal((200, """[{"originalMessageId":"1"},{"originalMessageId":"2"}]"""), (answer.Status, answer.Body));
        Assert.Equal(("application/vnd.microsoft.iothub.feedback.json", $"\"{Token}\"", "2"),
            (answer.ContentType, answer.Header("ETag"), answer.Header("iothub-deliverycount")));
        Assert.Equal("2026-01-01T00:00:00.0000000Z", answer.Header("iothub-enqueuedtime"));
    }

    [Fact]
    public async Task It_is_completed_or_given_back_by_its_token()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.ServiceQueue.Lent = Lent("{}");

        Assert.Equal(204, (await gateway.SendAsync(HttpMethod.Delete, $"{Path}/{Token}")).Status);
        Assert.Equal((Token, MessageOutcome.Complete), gateway.Cluster.ServiceQueue.Settled);
        Assert.Equal(204, (await gateway.SendAsync(HttpMethod.Post, $"{Path}/{Token}/abandon")).Status);
        Assert.Equal((Token, MessageOutcome.Abandon), gateway.Cluster.ServiceQueue.Settled);
    }

    [Theory]
    [InlineData("0a3e7d5c-0000-4000-8000-000000000002")]
    [InlineData("nonsense")]
    public async Task A_token_that_locks_nothing_is_a_412(string token)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.ServiceQueue.Lent = Lent("{}");

        var answer = await gateway.SendAsync(HttpMethod.Delete, $"{Path}/{token}");

        Assert.Equal((412, "DeviceMessageLockLost"), (answer.Status, answer.ErrorCode));
    }

    [Fact]
    public async Task Who_may_only_read_the_registry_gets_none()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Grant = gateway.Cluster.Grant with { Rights = AccessRights.RegistryRead };
        gateway.Cluster.ServiceQueue.Lent = Lent("{}");
        Assert.Equal(401, (await gateway.GetAsync(Path)).Status);
    }

    private static LockedRecords Lent(params string[] bodies) => new(
        Token,
        [.. bodies.Select(body => new ServiceRecord { Id = Guid.NewGuid(), At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), Body = Encoding.UTF8.GetBytes(body) })],
        2);
}
