using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Muster.Http;

namespace Muster.Mender;

/// <summary><c>/api/devices</c>: the device API of Mender, as clients of version 3 use it.</summary>
internal static class MenderRoutes
{
    private const int MaxBodyBytes = 64 * 1024;
    private const int MaxLogBytes = 1024 * 1024;
    private const string SignatureHeader = "X-MEN-Signature";

    internal static void MapMender(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<IOptions<MenderOptions>>()?.Value is not { Enabled: true })
        {
            return;
        }

        var api = routes.MapGroup("/api/devices").ExcludeFromDescription().WithMetadata(new ServedInPlain()).AddEndpointFilter<RouteGroupBuilder, DeviceFaults>();
        api.MapPost("/v1/authentication/auth_requests", AuthenticateAsync);
        var client = api.MapGroup("").AddEndpointFilter<RouteGroupBuilder, MenderDoor>();
        client.MapMethods("/v1/inventory/device/attributes", [HttpMethods.Put, HttpMethods.Patch], TellAsync);
        client.MapPost("/v2/deployments/device/deployments/next", NextAsync);
        client.MapPost("/v1/deployments/device/deployments/next", NextAsync);
        client.MapGet("/v1/deployments/device/deployments/next", NextByQueryAsync);
        client.MapPut("/v1/deployments/device/deployments/{id:guid}/status", PutStatusAsync);
        client.MapPut("/v1/deployments/device/deployments/{id:guid}/log", PutLogAsync);
        client.MapGet("/v2/deployments/device/deployments/{id:guid}/update_control_map", GetMapAsync);
    }

    private static async Task<IResult> AuthenticateAsync(
        HttpContext context, MenderAcceptance acceptance, MenderTokens tokens, IOptions<MenderOptions> options, HubState state)
    {
        if (!state.IsReady)
        {
            return MenderError.Unavailable;
        }

        if (await ReadAsync(context) is not { } body)
        {
            return MenderError.TooLarge;
        }

        if (AuthRequest.Parse(body, options.Value.IdAttribute, out var problem) is not { } request)
        {
            return MenderError.Invalid(problem);
        }

        // What was signed is the body as it came, to its last byte.
        if (!request.Key.Verifies(body.Span, context.Request.Headers[SignatureHeader].ToString()))
        {
            return MenderError.Pending;
        }

        var shown = context.Request.Headers[HeaderNames.Authorization].ToString();
        var bearer = shown.StartsWith(MenderDoor.Bearer, StringComparison.Ordinal) ? shown[MenderDoor.Bearer.Length..] : "";
        return await acceptance.AcceptAsync(request, bearer) is { } claims
            ? TypedResults.Text(tokens.Make(claims), "application/jwt")
            : MenderError.Pending;
    }

    private static async Task<IResult> TellAsync(HttpContext context, MenderClients clients)
    {
        if (await ReadAsync(context) is not { } body)
        {
            return MenderError.TooLarge;
        }

        if (MenderMessages.Inventory(body) is not { } attributes)
        {
            return MenderError.Invalid($"The inventory must be an array of up to {MenderMessages.MaxAttributes} attributes with names.");
        }

        await clients.TellAsync(context, attributes);
        return TypedResults.Ok();
    }

    private static async Task<IResult> NextAsync(HttpContext context, MenderClients clients) =>
        await ReadAsync(context) is not { } body ? MenderError.TooLarge
        : MenderMessages.Next(body) is not { } request ? MenderError.Invalid("The body must say what the device provides.")
        : await AnswerNextAsync(context, request, clients);

    private static Task<IResult> NextByQueryAsync(HttpContext context, MenderClients clients) => AnswerNextAsync(
        context,
        new NextRequest(context.Request.Query.ToDictionary(static one => one.Key, static one => one.Value.ToString(), StringComparer.Ordinal), TakesControlMap: false),
        clients);

    private static async Task<IResult> AnswerNextAsync(HttpContext context, NextRequest request, MenderClients clients) =>
        await clients.NextAsync(context, request) is { } deployment ? TypedResults.Bytes(deployment, "application/json") : TypedResults.NoContent();

    private static async Task<IResult> PutStatusAsync(HttpContext context, Guid id, MenderClients clients)
    {
        if (await ReadAsync(context) is not { } body)
        {
            return MenderError.TooLarge;
        }

        return (MenderMessages.Status(body) is { } said ? await clients.StatusAsync(context, id, said) : StatusCodes.Status400BadRequest) switch
        {
            StatusCodes.Status204NoContent => TypedResults.NoContent(),
            StatusCodes.Status409Conflict => MenderError.Aborted,
            StatusCodes.Status404NotFound => MenderError.NoSuchDeployment,
            _ => MenderError.Invalid("status must be one of Mender's."),
        };
    }

    private static async Task<IResult> PutLogAsync(HttpContext context, Guid id, MenderClients clients) =>
        await BodyBytes.ReadAsync(context.Request, MaxLogBytes, context.RequestAborted) is not { } body ? MenderError.TooLarge
        : MenderMessages.Log(body) is not { } lines ? MenderError.Invalid("messages must be an array.")
        : await clients.LogAsync(context, id, lines) ? TypedResults.NoContent() : MenderError.NoSuchDeployment;

    private static async Task<IResult> GetMapAsync(HttpContext context, Guid id, MenderClients clients) =>
        await clients.MapAsync(context, id) is { } map ? TypedResults.Bytes(map, "application/json") : MenderError.NoSuchDeployment;

    private static ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context) => BodyBytes.ReadAsync(context.Request, MaxBodyBytes, context.RequestAborted);
}
