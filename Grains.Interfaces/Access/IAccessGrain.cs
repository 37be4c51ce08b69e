namespace Muster.Access;

/// <summary>Checks tokens, of the hub's shared access policies and of principals, so that no key leaves the silos. Key: any.</summary>
[Alias("muster.IAccessGrain")]
public interface IAccessGrain : IGrainWithIntegerKey
{
    /// <summary>Checks signature, expiry and host of a policy token (one with <c>skn</c>).</summary>
    [Alias("AuthenticatePolicy")]
    Task<AccessReply> AuthenticatePolicyAsync(string token);

    /// <summary>Whose token this is. Only tokens that this hub made are asked of <see cref="IPrincipalsGrain"/>, of which there is one.</summary>
    [Alias("AuthenticatePrincipal")]
    Task<PrincipalAccess> AuthenticatePrincipalAsync(string token);
}
