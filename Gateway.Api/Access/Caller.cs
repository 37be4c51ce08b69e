using System.Collections.Immutable;
using Muster.Access;

namespace Muster.Gateway;

/// <summary>Roles that routes name; approval chains and gates may name others.</summary>
internal static class Roles
{
    internal const string Author = "author";
    internal const string Operator = "operator";
}

/// <summary>Whom a token that held stands for: a principal, or a policy, which has rights and no roles.</summary>
internal sealed record Caller
{
    private const string PolicyPrefix = "policy:";

    /// <summary>The principal's name, or <c>policy:NAME</c>, which no principal can be called.</summary>
    internal required string Name { get; init; }

    internal ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>Null for a principal.</summary>
    internal AccessGrant? Policy { get; init; }

    /// <summary>UTC; the token holds no longer.</summary>
    internal required DateTimeOffset ExpiresAt { get; init; }

    internal static Caller Of(AccessGrant grant) => new() { Name = PolicyPrefix + grant.PolicyName, Policy = grant, ExpiresAt = grant.ExpiresAt };

    internal static Caller Of(Principal principal) => new() { Name = principal.Name, Roles = principal.Roles, ExpiresAt = principal.ExpiresAt };
}
