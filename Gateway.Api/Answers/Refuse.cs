using Muster.Errors;

namespace Muster.Gateway;

/// <summary>Marks our own routes, whose errors are problem details; all others answer as IoT Hub does.</summary>
internal sealed class OwnApi;

/// <summary>What filters answer: a refusal in the form of the route that was asked.</summary>
internal static class Refuse
{
    internal static IResult With(HttpContext context, Refusal why)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<OwnApi>() is null)
        {
            return new HubError(why);
        }

        HubError.AskToWait(context.Response, why);

        return ApiProblems.From(why);
    }
}
