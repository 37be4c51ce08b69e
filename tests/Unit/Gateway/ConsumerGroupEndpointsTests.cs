using Xunit;

namespace Muster.Gateway;

public sealed class ConsumerGroupEndpointsTests
{
    [Fact]
    public async Task A_group_is_made_once_and_listed_behind_the_default_one()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var made = await gateway.SendAsync(HttpMethod.Put, "/api/v1/consumer-groups/analytics");
        var again = await gateway.SendAsync(HttpMethod.Put, "/api/v1/consumer-groups/Analytics");

        Assert.Equal((201, """{"name":"analytics","createdTime":"1970-01-01T00:00:00+00:00"}"""), (made.Status, made.Body));
        Assert.Equal((200, made.Body), (again.Status, again.Body));
        Assert.Equal(made.Body, (await gateway.GetAsync("/api/v1/consumer-groups/ANALYTICS")).Body);
        Assert.Equal(["$Default", "analytics"],
            (await gateway.GetAsync("/api/v1/consumer-groups")).Json.EnumerateArray().Select(group => group.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_group_is_deleted_once_and_the_default_one_never()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.SendAsync(HttpMethod.Put, "/api/v1/consumer-groups/a");

        Assert.Equal(204, (await gateway.SendAsync(HttpMethod.Delete, "/api/v1/consumer-groups/a")).Status);
        var gone = await gateway.SendAsync(HttpMethod.Delete, "/api/v1/consumer-groups/a");
        Assert.Equal((404, "urn:muster:problem:not-found"), (gone.Status, gone.Json.GetProperty("type").GetString()));
        Assert.Equal(404, (await gateway.GetAsync("/api/v1/consumer-groups/a")).Status);
        Assert.Equal(400, (await gateway.SendAsync(HttpMethod.Delete, "/api/v1/consumer-groups/$Default")).Status);
    }

    [Fact]
    public async Task A_name_that_no_group_can_have_is_a_problem_and_so_is_one_group_too_many()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        Assert.Equal(400, (await gateway.SendAsync(HttpMethod.Put, "/api/v1/consumer-groups/-a")).Status);
        for (var i = 1; i < 20; i++)
        {
            Assert.Equal(201, (await gateway.SendAsync(HttpMethod.Put, $"/api/v1/consumer-groups/g{i}")).Status);
        }

        var refused = await gateway.SendAsync(HttpMethod.Put, "/api/v1/consumer-groups/more");
        Assert.Equal((403, "application/problem+json"), (refused.Status, refused.ContentType));
    }
}
