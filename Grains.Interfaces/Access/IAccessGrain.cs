namespace Muster.Access;

/// <summary>Checks tokens of the hub's shared access policies, so that no policy key leaves the silos. Key: any.</summary>
[Alias("muster.IAccessGrain")]
public interface IAccessGrain : IGrainWithIntegerKey
{
    /// <summary>Checks signature, expiry and host of a policy token (one with <c>skn</c>).</summary>
    [Alias("AuthenticatePolicy")]
    Task<AccessReply> AuthenticatePolicyAsync(string token);
}
