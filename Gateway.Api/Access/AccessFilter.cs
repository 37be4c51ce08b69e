using Microsoft.Net.Http.Headers;
using Muster.Access;
using Muster.Calls;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>What a token must grant for a route: any one of the rights named.</summary>
internal sealed record RequiredRights(AccessRights AnyOf);

/// <summary>Checks the policy token of a request: signature, expiry, permission, and that its scope covers the resource.</summary>
internal sealed class AccessFilter(IGrainFactory grains, GrainCalls calls, TokenCache tokens) : IEndpointFilter
{
    /// <summary>Longer tokens are refused unread.</summary>
    private const int MaxTokenLength = 4096;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (PrincipalFilter.HasPassed(http))
        {
            return await next(context);
        }

        var required = http.GetEndpoint()?.Metadata.GetMetadata<RequiredRights>()
            ?? throw new InvalidOperationException($"{http.GetEndpoint()?.DisplayName} does not say what it requires.");
        return await CheckAsync(http, required) is { } why ? Refuse.With(http, why) : await next(context);
    }

    private async ValueTask<Refusal?> CheckAsync(HttpContext http, RequiredRights required)
    {
        var token = http.Request.Headers[HeaderNames.Authorization].ToString();
        if (!token.StartsWith("SharedAccessSignature ", StringComparison.Ordinal) || token.Length > MaxTokenLength)
        {
            return Unauthorized("Unauthorized. The Authorization header must hold a shared access signature of one of the hub's policies.");
        }

        if (tokens.Find(token) is not { } grant)
        {
            switch (await calls.CallAsync("", Repeat.Always, () => grains.Access().AuthenticatePolicyAsync(token), http.RequestAborted))
            {
                case AccessReply.Granted granted:
                    grant = granted.Grant;
                    tokens.Add(token, grant);
                    break;
                case AccessReply.Refused refused:
                    return refused.Why;
                case var other:
                    throw new NotSupportedException($"Unknown reply {other}.");
            }
        }

        return (grant.Rights & required.AnyOf) == 0
            ? Unauthorized($"Unauthorized. The policy {grant.PolicyName} does not grant {required.AnyOf}.")
            : ResourceScope.Covers(grant.Scope, http.Request.Path.Value ?? "") ? null : Unauthorized("Unauthorized. The token is for another resource.");
    }

    private static Refusal Unauthorized(string message) => new(HubErrorCode.IotHubUnauthorizedAccess, message);
}
