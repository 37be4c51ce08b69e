namespace Muster.Gates;

/// <summary>What the hub signs its calls to gates' webhooks by. Key: 0.</summary>
[Alias("muster.IGateSecretGrain")]
public interface IGateSecretGrain : IGrainWithIntegerKey
{
    /// <summary>Text whose UTF-8 is the key of the HMAC in <c>Muster-Signature</c>; always the same for a hub.</summary>
    [Alias("Get")]
    Task<string> GetAsync();
}
