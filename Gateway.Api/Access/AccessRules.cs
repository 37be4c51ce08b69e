using Muster.Access;

namespace Muster.Gateway;

/// <summary>What the token of a policy must grant for a route: any one of the rights named, and all of <see cref="AllOf"/>.</summary>
internal sealed record RequiredRights(AccessRights AnyOf)
{
    internal AccessRights AllOf { get; init; }
}

/// <summary>Which principals may use a route: those with any of the roles; with none named, all. A route that requires rights too takes either.</summary>
internal sealed record RequiredPrincipal(IReadOnlyList<string> AnyOf);

/// <summary>What an endpoint file says of who may use its routes, beside <see cref="RouteDescriptions.Requires"/>.</summary>
internal static class AccessRules
{
    private const AccessRights Everything = AccessRights.RegistryRead | AccessRights.RegistryWrite | AccessRights.ServiceConnect | AccessRights.DeviceConnect;

    /// <summary>A principal with any of the roles, or any principal; no policy.</summary>
    internal static RouteHandlerBuilder RequiresPrincipal(this RouteHandlerBuilder route, params string[] anyOf) =>
        route.WithMetadata(new RequiredPrincipal(anyOf));

    /// <summary>A policy with any of the rights, or a principal with any of the roles, or any principal.</summary>
    internal static RouteHandlerBuilder RequiresOr(this RouteHandlerBuilder route, AccessRights rights, params string[] roles) =>
        route.Requires(rights).RequiresPrincipal(roles);

    /// <summary>A policy that may do everything, as <c>iothubowner</c> may.</summary>
    internal static RouteHandlerBuilder RequiresOwner(this RouteHandlerBuilder route) =>
        route.WithMetadata(new RequiredRights(Everything) { AllOf = Everything });
}
