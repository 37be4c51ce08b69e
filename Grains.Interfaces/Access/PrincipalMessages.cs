using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Access;

/// <summary>What a principal is to be.</summary>
[GenerateSerializer, Immutable, Alias("muster.PrincipalSpec")]
public sealed record PrincipalSpec
{
    /// <summary>As <see cref="PrincipalNames.IsName"/> takes it.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>1 to <see cref="PrincipalNames.MaxRoles"/>, each once.</summary>
    [Id(1)] public required ImmutableArray<string> Roles { get; init; }

    /// <summary>UTC, later than now and at most 366 days from now; null for 90 days from now.</summary>
    [Id(2)] public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Somebody who acts under a name of their own. Nothing here opens anything.</summary>
[GenerateSerializer, Immutable, Alias("muster.Principal")]
public sealed record Principal
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required ImmutableArray<string> Roles { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(2)] public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>UTC; from then on the token is refused. The name stays taken until the principal is deleted.</summary>
    [Id(3)] public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What became of a new principal.</summary>
[GenerateSerializer, Immutable, Alias("muster.PrincipalReply")]
public abstract record PrincipalReply
{
    private PrincipalReply() { }

    /// <param name="Principal">As it was made.</param>
    /// <param name="Token">Known to nobody but who reads this: it is not stored.</param>
    [GenerateSerializer, Immutable, Alias("muster.PrincipalReply.Created")]
    public sealed record Created([property: Id(0)] Principal Principal, [property: Id(1)] string Token) : PrincipalReply
    {
        /// <summary>No token in the text: records print themselves, and tokens are never logged.</summary>
        public override string ToString() => $"Created {{ Principal = {Principal.Name} }}";
    }

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.PrincipalReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : PrincipalReply;
}

/// <summary>Whose a token is, or IotHubUnauthorizedAccess.</summary>
[GenerateSerializer, Immutable, Alias("muster.PrincipalAccess")]
public abstract record PrincipalAccess
{
    private PrincipalAccess() { }

    [GenerateSerializer, Immutable, Alias("muster.PrincipalAccess.Granted")]
    public sealed record Granted([property: Id(0)] Principal Principal) : PrincipalAccess;

    [GenerateSerializer, Immutable, Alias("muster.PrincipalAccess.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : PrincipalAccess;
}

/// <summary>What principals and their roles may be called.</summary>
public static class PrincipalNames
{
    /// <summary>Roles that one principal may have.</summary>
    public const int MaxRoles = 16;

    private const int MaxLength = 64;

    // Words that stand for who acted where nobody did.
    private static readonly ImmutableArray<string> Reserved = ["device", "engine", "rollout"];

    /// <summary>True for 1 to 64 lower-case ASCII letters, digits and <c>- . _ @</c>, but for <c>device</c>, <c>engine</c> and <c>rollout</c>, which are nobody.</summary>
    public static bool IsName(string? name) =>
        name is { Length: >= 1 and <= MaxLength } && name.All(static c => IsLetterOrDigit(c) || c is '-' or '.' or '_' or '@') && !Reserved.Contains(name);

    /// <summary>True for 1 to 64 lower-case ASCII letters, digits and dashes.</summary>
    public static bool IsRole(string? role) => role is { Length: >= 1 and <= MaxLength } && role.All(static c => IsLetterOrDigit(c) || c == '-');

    private static bool IsLetterOrDigit(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
