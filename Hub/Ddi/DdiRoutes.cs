using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.Http;

namespace Muster.Ddi;

/// <summary><c>/{tenant}/controller/v1/{controllerId}</c>: hawkBit's Direct Device Integration, for the controllers that are devices.</summary>
internal static class DdiRoutes
{
    internal const string ControllerId = "controllerId";
    internal const int MaxBodyBytes = 64 * 1024;

    internal static void MapDdi(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<IOptions<DdiOptions>>()?.Value is not { Enabled: true } options)
        {
            return;
        }

        // Agents keep the tenant as it was given to them, in whatever case: that is how routes are compared.
        var controller = routes.MapGroup($"/{options.Tenant}/controller/v1/{{{ControllerId}}}").ExcludeFromDescription().WithMetadata(new ServedInPlain())
            .AddEndpointFilter<RouteGroupBuilder, DeviceFaults>().AddEndpointFilter<RouteGroupBuilder, DdiDoor>();
        controller.MapGet("", PollAsync);
        controller.MapPut("/configData", PutAttributesAsync);
        controller.MapGet("/deploymentBase/{actionId:int}", GetDeploymentAsync);
        controller.MapPost("/deploymentBase/{actionId:int}/feedback", PostDeploymentFeedbackAsync);
        controller.MapGet("/cancelAction/{actionId:int}", GetCancellationAsync);
        controller.MapPost("/cancelAction/{actionId:int}/feedback", PostCancellationFeedbackAsync);
    }

    private static async Task<IResult> PollAsync(HttpContext context, DdiController controller) => Json(await controller.PollAsync(context));

    private static async Task<IResult> PutAttributesAsync(HttpContext context, DdiController controller)
    {
        if (await BodyBytes.ReadAsync(context.Request, MaxBodyBytes, context.RequestAborted) is not { } body)
        {
            return DdiError.TooLarge;
        }

        switch (DdiAttributes.Parse(body))
        {
            case DdiAttributes.Read read:
                await controller.TellAsync(context, read);
                return TypedResults.Ok();
            case DdiAttributes.TooMany:
                return DdiError.TooManyAttributes;
            case DdiAttributes.Invalid invalid:
                return DdiError.Invalid(invalid.Why);
            case var other:
                throw new NotSupportedException($"Unknown attributes {other}.");
        }
    }

    private static async Task<IResult> GetDeploymentAsync(HttpContext context, int actionId, DdiController controller) =>
        await controller.DeploymentAsync(context, actionId) is { } body ? Json(body) : DdiError.NoSuchAction;

    private static async Task<IResult> GetCancellationAsync(HttpContext context, int actionId, DdiController controller) =>
        await controller.CancellationAsync(context, actionId) is { } body ? Json(body) : DdiError.NoSuchAction;

    private static Task<IResult> PostDeploymentFeedbackAsync(HttpContext context, int actionId, DdiController controller) =>
        PostFeedbackAsync(context, actionId, isCancellation: false, controller);

    private static Task<IResult> PostCancellationFeedbackAsync(HttpContext context, int actionId, DdiController controller) =>
        PostFeedbackAsync(context, actionId, isCancellation: true, controller);

    private static async Task<IResult> PostFeedbackAsync(HttpContext context, int actionId, bool isCancellation, DdiController controller)
    {
        if (await BodyBytes.ReadAsync(context.Request, MaxBodyBytes, context.RequestAborted) is not { } body)
        {
            return DdiError.TooLarge;
        }

        if (!FeedbackMessage.TryParse(body, out var said, out var problem))
        {
            return DdiError.Invalid(problem);
        }

        // 200 and nothing else, also for what comes too late: SWUpdate tries again for ever otherwise.
        return await controller.ReportAsync(context, actionId, isCancellation, said) ? TypedResults.Ok() : DdiError.NoSuchAction;
    }

    private static FileContentHttpResult Json(byte[] body) => TypedResults.Bytes(body, "application/json");
}
