using Muster.Access;
using Muster.Errors;
using ParameterLocation = Microsoft.OpenApi.ParameterLocation;

namespace Muster.Gateway;

/// <summary>A query parameter or header that a handler reads itself.</summary>
internal sealed record DescribedParameter(ParameterLocation In, string Name, string Description, Type Type, bool Required);

/// <summary>The body of a request, as the API's description shows it.</summary>
/// <param name="Type">What it shows.</param>
/// <param name="Message">What reads it.</param>
internal sealed record DescribedBody(Type Type, Type Message);

/// <summary>A body that works, as JSON text.</summary>
internal sealed record DescribedExample(string Json);

/// <summary>An answer that is no refusal.</summary>
internal sealed record DescribedAnswer(int Status, Type? Type, string Description, string ContentType);

/// <summary>Refusals that a route has beside those that all routes have.</summary>
internal sealed record DescribedRefusals(IReadOnlyList<HubErrorCode> Codes);

/// <summary>What an endpoint file says of its routes, for access checks and for the API's description.</summary>
internal static class RouteDescriptions
{
    internal static RouteHandlerBuilder Requires(this RouteHandlerBuilder route, AccessRights anyOf) => route.WithMetadata(new RequiredRights(anyOf));

    internal static RouteHandlerBuilder TakesQuery(this RouteHandlerBuilder route, string name, string description, Type type, bool required = false) =>
        route.WithMetadata(new DescribedParameter(ParameterLocation.Query, name, description, type, required));

    internal static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, string description, Type type) =>
        route.WithMetadata(new DescribedParameter(ParameterLocation.Header, name, description, type, Required: false));

    internal static RouteHandlerBuilder TakesIfMatch(this RouteHandlerBuilder route) =>
        route.TakesHeader("If-Match", "The etag that must still hold, in quotes; * for any.", typeof(string));

    internal static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route, Type? described = null)
        where T : class, IRequestMessage<T> => route.WithMetadata(new DescribedBody(described ?? typeof(T), typeof(T)));

    /// <summary>A body that works, as JSON text.</summary>
    internal static RouteHandlerBuilder Example(this RouteHandlerBuilder route, string json) => route.WithMetadata(new DescribedExample(json));

    internal static RouteHandlerBuilder Answers<T>(
        this RouteHandlerBuilder route, string description, int status = StatusCodes.Status200OK, string contentType = "application/json") =>
        route.WithMetadata(new DescribedAnswer(status, typeof(T), description, contentType));

    internal static RouteHandlerBuilder AnswersNothing(this RouteHandlerBuilder route, string description) =>
        route.WithMetadata(new DescribedAnswer(StatusCodes.Status204NoContent, null, description, ""));

    internal static RouteHandlerBuilder MayRefuse(this RouteHandlerBuilder route, params HubErrorCode[] codes) =>
        route.WithMetadata(new DescribedRefusals(codes));
}
