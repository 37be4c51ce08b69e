using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.ConsumerGroups;

/// <summary><c>/api/v1/consumer-groups</c>: under which names back ends read the events, each at its own pace.</summary>
internal static class ConsumerGroupEndpoints
{
    internal static void MapConsumerGroups(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/api/v1/consumer-groups").WithTags("Events");
        groups.MapGet("", ListConsumerGroups).WithName(nameof(ListConsumerGroups)).WithSummary("List the consumer groups of the events")
            .Requires(AccessRights.ServiceConnect).Answers<ConsumerGroupResponse[]>("All groups, $Default first.");
        groups.MapGet("/{name}", GetConsumerGroup).WithName(nameof(GetConsumerGroup)).WithSummary("Read a consumer group")
            .Requires(AccessRights.ServiceConnect).Answers<ConsumerGroupResponse>("The group.").MayRefuse(HubErrorCode.ConsumerGroupNotFound);
        groups.MapPut("/{name}", PutConsumerGroup).WithName(nameof(PutConsumerGroup)).WithSummary("Make a consumer group, if it is not there")
            .WithDescription("Its name has 1 to 50 ASCII letters, digits and . _ - characters. There may be 20 groups. No body.")
            .Requires(AccessRights.ServiceConnect).Answers<ConsumerGroupResponse>("The group was there.")
            .Answers<ConsumerGroupResponse>("The group was made.", StatusCodes.Status201Created).MayRefuse(HubErrorCode.TooManyConsumerGroups);
        groups.MapDelete("/{name}", DeleteConsumerGroup).WithName(nameof(DeleteConsumerGroup)).WithSummary("Delete a consumer group; its receivers are detached")
            .Requires(AccessRights.ServiceConnect).AnswersNothing("It is gone, durably.").MayRefuse(HubErrorCode.ConsumerGroupNotFound);
    }

    private static async Task<JsonAnswer<ConsumerGroupResponse[]>> ListConsumerGroups(IGrainFactory grains) =>
        HubJson.Ok([.. (await grains.ConsumerGroups().ListAsync()).Select(ConsumerGroupResponse.From)], ApiJson.Default.ConsumerGroupResponseArray);

    private static async Task<Results<JsonAnswer<ConsumerGroupResponse>, ProblemHttpResult>> GetConsumerGroup(string name, IGrainFactory grains) =>
        await grains.ConsumerGroups().GetAsync(name) is { } group
            ? Answer(group, StatusCodes.Status200OK)
            : ApiProblems.From(new Refusal(HubErrorCode.ConsumerGroupNotFound, $"There is no consumer group {name}."));

    private static async Task<Results<JsonAnswer<ConsumerGroupResponse>, ProblemHttpResult>> PutConsumerGroup(string name, IGrainFactory grains) =>
        await grains.ConsumerGroups().CreateAsync(name) switch
        {
            ConsumerGroupReply.Accepted accepted => Answer(accepted.Group, accepted.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK),
            ConsumerGroupReply.Refused refused => ApiProblems.From(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteConsumerGroup(string name, IGrainFactory grains) =>
        await grains.ConsumerGroups().DeleteAsync(name) switch
        {
            ConsumerGroupReply.Accepted => TypedResults.NoContent(),
            ConsumerGroupReply.Refused refused => ApiProblems.From(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    private static JsonAnswer<ConsumerGroupResponse> Answer(ConsumerGroup group, int status) =>
        new(ConsumerGroupResponse.From(group), ApiJson.Default.ConsumerGroupResponse, etag: null) { StatusCode = status };
}

/// <param name="Name">As it was written when the group was made; case does not tell groups apart.</param>
/// <param name="CreatedTime">UTC.</param>
internal sealed record ConsumerGroupResponse(string Name, DateTimeOffset CreatedTime)
{
    internal static ConsumerGroupResponse From(ConsumerGroup group) => new(group.Name, group.CreatedAt);
}
