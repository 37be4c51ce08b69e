using Muster.Errors;

namespace Muster.Access;

/// <summary>Checks tokens of the hub's shared access policies. Pure.</summary>
internal static class PolicyCheck
{
    /// <summary>What the token grants; whether its scope covers what is asked for is the caller's to see.</summary>
    internal static AccessReply Authenticate(SasToken token, IAccessPolicies policies, DateTimeOffset now)
    {
        if (token.PolicyName is not { } name || policies.Find(name) is not { } policy)
        {
            return Refused("There is no such policy.");
        }

        if (token.IsExpired(now))
        {
            return Refused("The token has expired.");
        }

        if (!token.IsSignedBy(policy.PrimaryKey) && !token.IsSignedBy(policy.SecondaryKey))
        {
            return Refused("The token's signature does not hold.");
        }

        return policies.IsHostName(token.Host)
            ? new AccessReply.Granted(new AccessGrant
            {
                PolicyName = policy.Name,
                Rights = policy.Rights,
                Scope = token.Path,
                ExpiresAt = token.ExpiresAt,
            })
            : Refused("The token is for another host.");
    }

    private static AccessReply.Refused Refused(string message) => new(new Refusal(HubErrorCode.IotHubUnauthorizedAccess, message));
}
