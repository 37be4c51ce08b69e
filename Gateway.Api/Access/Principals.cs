using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Net.Http.Headers;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>Roles that the product knows; approval chains may name others.</summary>
internal static class Roles
{
    internal const string Author = "author";
    internal const string Operator = "operator";
}

/// <summary>Who may use a route: a named principal with any of the roles; with none named, any principal.</summary>
internal sealed record RequiredPrincipal(IReadOnlyList<string> AnyOf);

/// <summary>Finds who a bearer token stands for; null for nobody.</summary>
internal interface IPrincipals
{
    (string Name, ImmutableArray<string> Roles)? Find(string token);
}

/// <summary>An argument of a handler: the principal who asks, by its token.</summary>
internal sealed class Actor
{
    internal string Name { get; set; } = "";

    internal ImmutableArray<string> Roles { get; set; } = [];

    public static ValueTask<Actor?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult<Actor?>(Of(context));

    internal static Actor Of(HttpContext context)
    {
        if (context.Items[typeof(Actor)] is not Actor actor)
        {
            context.Items[typeof(Actor)] = actor = new Actor();
        }

        return actor;
    }
}

/// <summary>Checks bearer tokens of the routes that want a principal.</summary>
internal sealed class PrincipalFilter : IEndpointFilter
{
    private const string Scheme = "Bearer ";

    internal static bool HasPassed(HttpContext http) => Actor.Of(http).Name.Length > 0;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var metadata = http.GetEndpoint()!.Metadata;
        var token = http.Request.Headers[HeaderNames.Authorization].ToString();
        if (metadata.GetMetadata<RequiredPrincipal>() is not { } required
            || (metadata.GetMetadata<RequiredRights>() is not null && !token.StartsWith(Scheme, StringComparison.Ordinal)))
        {
            return await next(context);
        }

        return Check(http, token, required) is { } why ? Refuse.With(http, why) : await next(context);
    }

    private static Refusal? Check(HttpContext http, string token, RequiredPrincipal required)
    {
        if (token.StartsWith("SharedAccessSignature ", StringComparison.Ordinal))
        {
            return new Refusal(HubErrorCode.NotYourTurn, "A policy is nobody: this is done by named principals, with Authorization: Bearer.");
        }

        if (!token.StartsWith(Scheme, StringComparison.Ordinal) || http.RequestServices.GetService<IPrincipals>()?.Find(token[Scheme.Length..]) is not { } principal)
        {
            return new Refusal(HubErrorCode.IotHubUnauthorizedAccess, "The Authorization header must hold the token of a principal: Bearer ….");
        }

        if (required.AnyOf.Count > 0 && !required.AnyOf.Any(principal.Roles.Contains))
        {
            return new Refusal(HubErrorCode.NotYourTurn, $"{principal.Name} has none of the roles {string.Join(", ", required.AnyOf)}.");
        }

        (Actor.Of(http).Name, Actor.Of(http).Roles) = principal;
        return null;
    }
}

internal static class PrincipalRoutes
{
    internal static RouteHandlerBuilder RequiresPrincipal(this RouteHandlerBuilder route, params string[] anyOf) =>
        route.WithMetadata(new RequiredPrincipal(anyOf));
}
