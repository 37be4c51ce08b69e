using System.Collections.Immutable;
using Muster.Errors;
using Orleans.Concurrency;

namespace Muster.Access;

/// <summary>The named principals of the hub: who acts where a policy is not enough. At most 1,000. Key: 0.</summary>
[Alias("muster.IPrincipalsGrain")]
public interface IPrincipalsGrain : IGrainWithIntegerKey
{
    /// <summary>Makes a principal and its token. Not idempotent: a token is told once.</summary>
    /// <returns>Refused: ArgumentInvalid, TooManyPrincipals, PrincipalAlreadyExists.</returns>
    [Alias("Create")]
    Task<PrincipalReply> CreateAsync(PrincipalSpec spec);

    /// <summary>All principals by name, those that expired too.</summary>
    [Alias("List"), ReadOnly]
    ValueTask<ImmutableArray<Principal>> ListAsync();

    /// <summary>Deletes a principal; gateways take its token for a minute at most.</summary>
    /// <returns>Null once it is gone; PrincipalNotFound.</returns>
    [Alias("Delete")]
    Task<Refusal?> DeleteAsync(string name);

    /// <summary>Whose token this is; asked by <see cref="IAccessGrain"/>, which refuses what this hub never made.</summary>
    [Alias("Authenticate"), ReadOnly]
    ValueTask<PrincipalAccess> AuthenticateAsync(string token);
}
