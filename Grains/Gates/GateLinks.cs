using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Muster.Access;

namespace Muster.Gates;

/// <summary>
/// Where who opens a gate calls back: a link of its own for each gate, signed by the hub, so that nobody who does not have it says anything of it. Thread-safe.
/// </summary>
/// <param name="keys">Makes the keys that it is signed by.</param>
/// <param name="authority">Host and port of the API.</param>
internal sealed class GateLinks(IKeyDerivation keys, Func<string> authority)
{
    private readonly byte[] key = keys.Derive("gate-callbacks");

    /// <summary>What calls are signed by whose gate has no secret of its own.</summary>
    internal byte[] HubSecret { get; } = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(keys.Derive("gate-calls")));

    internal string Callback(string deviceId, string gate) => $"https://{authority()}/api/v1/gates/{GateIds.Of(deviceId, gate)}/callback?token={Sign(deviceId, gate)}";

    internal bool Holds(string deviceId, string gate, string token) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(token), Encoding.ASCII.GetBytes(Sign(deviceId, gate)));

    private string Sign(string deviceId, string gate) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{deviceId}\n{gate}")));
}
