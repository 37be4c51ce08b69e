using Muster.Access;
using Muster.Calls;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>Finds out whom a token stands for: asks the silos, and remembers the answer for a minute at most.</summary>
internal sealed class CallerAuthentication(IGrainFactory grains, GrainCalls calls, TokenCache tokens)
{
    internal const string PolicyScheme = "SharedAccessSignature ";
    internal const string PrincipalScheme = "Bearer ";

    /// <param name="token">The whole Authorization header, with one of the schemes.</param>
    /// <param name="cancellationToken">The request's end.</param>
    internal async ValueTask<(Caller? Caller, Refusal? Why)> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        if (tokens.Find(token) is { } known)
        {
            return (known, null);
        }

        var (caller, why) = token.StartsWith(PrincipalScheme, StringComparison.OrdinalIgnoreCase)
            ? await FindPrincipalAsync(token[PrincipalScheme.Length..].Trim(), cancellationToken)
            : await FindPolicyAsync(token, cancellationToken);
        if (caller is not null)
        {
            tokens.Add(token, caller);
        }

        return (caller, why);
    }

    private async Task<(Caller?, Refusal?)> FindPrincipalAsync(string token, CancellationToken cancellationToken) =>
        await calls.CallAsync("", Repeat.Always, () => grains.Access().AuthenticatePrincipalAsync(token), cancellationToken) switch
        {
            PrincipalAccess.Granted granted => (Caller.Of(granted.Principal), null),
            PrincipalAccess.Refused refused => (null, refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    private async Task<(Caller?, Refusal?)> FindPolicyAsync(string token, CancellationToken cancellationToken) =>
        await calls.CallAsync("", Repeat.Always, () => grains.Access().AuthenticatePolicyAsync(token), cancellationToken) switch
        {
            AccessReply.Granted granted => (Caller.Of(granted.Grant), null),
            AccessReply.Refused refused => (null, refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
}
