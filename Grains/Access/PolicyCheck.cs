using System.Text;
using Muster.Errors;

namespace Muster.Access;

/// <summary>Checks tokens of the hub's shared access policies. Pure.</summary>
public static class PolicyCheck
{
    /// <summary>What the token grants, or IotHubUnauthorizedAccess; whether its scope covers what is asked for is the caller's to see.</summary>
    public static AccessReply Authenticate(SasToken token, IAccessPolicies policies, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(policies);
        if (token.PolicyName is not { } name || policies.Find(name) is not { } policy)
        {
            return Refused("There is no such policy.");
        }

        if (token.IsExpired(now))
        {
            return Refused("The token has expired.");
        }

        if (!(IsSigned(token, policy.PrimaryKey) | IsSigned(token, policy.SecondaryKey)))
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

    // Event Hubs SDKs sign with the bytes of the key's text, all others with what its base64 stands for.
    private static bool IsSigned(SasToken token, string key) =>
        token.IsSignedBy(key) | (token.IsForEventHubs && token.IsSignedBy(Encoding.UTF8.GetBytes(key)));

    private static AccessReply.Refused Refused(string message) => new(new Refusal(HubErrorCode.IotHubUnauthorizedAccess, message));
}
