using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Access;

/// <summary>How the set of principals changes, and whose a token is. Pure.</summary>
internal static class PrincipalMachine
{
    internal const int MaxPrincipals = 1000;

    /// <summary>For what was never the token of anybody here.</summary>
    internal static readonly PrincipalAccess.Refused NoToken = Unauthorized("This is not the token of a principal.");

    internal static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(90);
    internal static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(366);

    // What a document takes, less a tenth for what the serializer adds.
    private const int MaxStoredBytes = 230 << 10;

    // Salt, hash, two times and the names of their fields.
    private const int StoredBytesEach = 96;

    /// <summary>The principal with what is kept of its token, or why not.</summary>
    internal static (PrincipalsState Next, Refusal? Why) Create(
        PrincipalsState state, PrincipalSpec spec, ImmutableArray<byte> salt, ImmutableArray<byte> hash, DateTimeOffset now)
    {
        if ((Check(spec, now) ?? CheckRoom(state, spec)) is { } why)
        {
            return (state, why);
        }

        var made = new StoredPrincipal
        {
            Name = spec.Name,
            Roles = spec.Roles,
            CreatedAt = now,
            ExpiresAt = spec.ExpiresAt?.ToUniversalTime() ?? now + DefaultLifetime,
            Salt = salt,
            Hash = hash,
        };
        return (state with { Principals = state.Principals.Add(made).Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name)) }, null);
    }

    internal static (PrincipalsState Next, Refusal? Why) Delete(PrincipalsState state, string name) => Find(state, name) is { } found
        ? (state with { Principals = state.Principals.Remove(found) }, null)
        : (state, new Refusal(HubErrorCode.PrincipalNotFound, $"There is no principal {Shown(name)}."));

    internal static PrincipalAccess Authenticate(PrincipalsState state, string token, DateTimeOffset now)
    {
        if (!PrincipalToken.TryParse(token, out var name, out var secret))
        {
            return NoToken;
        }

        if (Find(state, name) is not { } found || !PrincipalToken.Opens(found, secret))
        {
            return Unauthorized("The token is none of a principal that there is.");
        }

        return now < found.ExpiresAt ? new PrincipalAccess.Granted(found.View) : Unauthorized($"The token of {found.Name} expired at {found.ExpiresAt:u}.");
    }

    private static Refusal? Check(PrincipalSpec spec, DateTimeOffset now)
    {
        if (!PrincipalNames.IsName(spec.Name))
        {
            return Invalid("A principal's name has 1 to 64 lower-case ASCII letters, digits and - . _ @ characters; device, engine and rollout are nobody's.");
        }

        if (spec.Roles.Length is < 1 or > PrincipalNames.MaxRoles)
        {
            return Invalid($"A principal has 1 to {PrincipalNames.MaxRoles} roles.");
        }

        if (spec.Roles.FirstOrDefault(static role => !PrincipalNames.IsRole(role)) is { } wrong)
        {
            return Invalid($"{Shown(wrong)} is no role: a role has 1 to 64 lower-case ASCII letters, digits and dashes.");
        }

        if (spec.Roles.Distinct(StringComparer.Ordinal).Count() != spec.Roles.Length)
        {
            return Invalid("A role is given twice.");
        }

        return spec.ExpiresAt is not { } expires || (expires > now && expires <= now + MaxLifetime)
            ? null
            : Invalid($"A principal expires later than now and within {MaxLifetime.Days} days; now is {now:u}.");
    }

    private static Refusal? CheckRoom(PrincipalsState state, PrincipalSpec spec)
    {
        if (Find(state, spec.Name) is not null)
        {
            return new Refusal(HubErrorCode.PrincipalAlreadyExists, $"There is a principal {spec.Name} already. For another token or other roles, delete it first.");
        }

        if (state.Principals.Length >= MaxPrincipals)
        {
            return new Refusal(HubErrorCode.TooManyPrincipals, $"There are {MaxPrincipals} principals, the most there may be. Delete some that expired.");
        }

        return state.Principals.Sum(static one => Weight(one.Name, one.Roles)) + Weight(spec.Name, spec.Roles) > MaxStoredBytes
            ? new Refusal(HubErrorCode.TooManyPrincipals, "The names and roles of all principals are too long together. Delete some that expired.")
            : null;
    }

    private static int Weight(string name, ImmutableArray<string> roles) => StoredBytesEach + name.Length + roles.Sum(static role => role.Length + 2);

    private static StoredPrincipal? Find(PrincipalsState state, string name) =>
        state.Principals.FirstOrDefault(principal => string.Equals(principal.Name, name, StringComparison.Ordinal));

    private static string Shown(string word) => word.Length > 64 ? word[..64] + "…" : word;

    private static Refusal Invalid(string message) => new(HubErrorCode.ArgumentInvalid, message);

    private static PrincipalAccess.Refused Unauthorized(string message) => new(new Refusal(HubErrorCode.IotHubUnauthorizedAccess, message));
}
