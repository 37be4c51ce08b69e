namespace Muster.Gates;

/// <summary>What the hub signs by for gates: its calls to webhooks, and the links by which they are answered. Key: 0; each silo answers for itself.</summary>
[Alias("muster.IGateSecretGrain")]
public interface IGateSecretGrain : IGrainWithIntegerKey
{
    /// <summary>Text whose UTF-8 is the key of the HMAC in <c>Muster-Signature</c>; always the same for a hub.</summary>
    [Alias("Get")]
    Task<string> GetAsync();

    /// <summary>Whether a token is that of a gate's own link. Nothing is read for it, whether there is such a gate or not.</summary>
    /// <param name="deviceId">The device.</param>
    /// <param name="gate">The gate's key, see <see cref="GateView.Key"/>.</param>
    /// <param name="token">As it came.</param>
    [Alias("Holds")]
    Task<bool> HoldsAsync(string deviceId, string gate, string token);
}
