using Microsoft.Net.Http.Headers;
using Muster.Access;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>
/// Checks the token of a request: whom it stands for, and whether the route is for them. A policy's must have the right and a scope that covers the
/// resource, a principal's the role.
/// </summary>
internal sealed class AccessFilter(CallerAuthentication callers) : IEndpointFilter
{
    /// <summary>Longer tokens are refused unread.</summary>
    private const int MaxTokenLength = 4096;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var rights = http.GetEndpoint()?.Metadata.GetMetadata<RequiredRights>();
        var principal = http.GetEndpoint()?.Metadata.GetMetadata<RequiredPrincipal>();
        if (rights is null && principal is null)
        {
            throw new InvalidOperationException($"{http.GetEndpoint()?.DisplayName} does not say what it requires.");
        }

        if (await CheckAsync(http, rights, principal) is not { } why)
        {
            return await next(context);
        }

        if (principal is not null && why.HttpStatus == StatusCodes.Status401Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return Refuse.With(http, why);
    }

    private async ValueTask<Refusal?> CheckAsync(HttpContext http, RequiredRights? rights, RequiredPrincipal? principal)
    {
        var token = http.Request.Headers[HeaderNames.Authorization].ToString();
        if (token.Length > MaxTokenLength || !(token.StartsWith(CallerAuthentication.PolicyScheme, StringComparison.Ordinal)
            || (principal is not null && token.StartsWith(CallerAuthentication.PrincipalScheme, StringComparison.OrdinalIgnoreCase))))
        {
            return Unauthorized($"Unauthorized. The Authorization header must hold {Wanted(rights, principal)}.");
        }

        var (caller, why) = await callers.AuthenticateAsync(token, http.RequestAborted);
        if (caller is null)
        {
            return why;
        }

        Actor.LetIn(http, caller);
        return caller.Policy is { } policy ? Check(policy, rights, principal, http.Request.Path.Value ?? "") : Check(caller, principal!);
    }

    private static Refusal? Check(AccessGrant policy, RequiredRights? rights, RequiredPrincipal? principal, string path)
    {
        if (rights is null)
        {
            return NotPermitted($"The policy {policy.PolicyName} is nobody who could answer for this: it takes {Wanted(null, principal)}.");
        }

        if ((policy.Rights & rights.AnyOf) == 0 || (policy.Rights & rights.AllOf) != rights.AllOf)
        {
            return Unauthorized($"Unauthorized. The policy {policy.PolicyName} does not grant {rights.AnyOf}.");
        }

        return ResourceScope.Covers(policy.Scope, path) ? null : Unauthorized("Unauthorized. The token is for another resource.");
    }

    private static Refusal? Check(Caller caller, RequiredPrincipal principal) => principal.AnyOf.Count == 0 || principal.AnyOf.Any(role => caller.Roles.Contains(role))
        ? null
        : NotPermitted($"{caller.Name} has not the role {string.Join(" or ", principal.AnyOf)}.");

    private static string Wanted(RequiredRights? rights, RequiredPrincipal? principal)
    {
        const string Policy = "a shared access signature of one of the hub's policies";
        var bearer = principal is { AnyOf.Count: > 0 } ? $"Bearer and the token of a principal with the role {string.Join(" or ", principal.AnyOf)}" : "Bearer and the token of a principal";
        return principal is null ? Policy : rights is null ? bearer : $"{Policy}, or {bearer}";
    }

    private static Refusal Unauthorized(string message) => new(HubErrorCode.IotHubUnauthorizedAccess, message);

    private static Refusal NotPermitted(string message) => new(HubErrorCode.NotPermitted, message);
}
