using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muster.Access;

namespace Muster.Updates;

/// <summary>
/// What update agents prove themselves by. All of it is made from the hub's master key, so that every silo knows it and none is stored. Thread-safe.
/// </summary>
public sealed class AgentSecrets(IKeyDerivation keys)
{
    private const int TokenBytes = 16;
    private readonly byte[] targetKey = (keys ?? throw new ArgumentNullException(nameof(keys))).Derive("ddi-target-token");

    /// <summary>The DDI gateway token of a hub that was not given one: 32 hex digits. It may act for every device.</summary>
    public string DdiGatewayToken { get; } = Text(keys.Derive("ddi-gateway-token"));

    /// <summary>Signs the tokens that Mender's clients get.</summary>
    internal byte[] MenderKey { get; } = keys.Derive("mender-token");

    /// <summary>The DDI target token of one device: 32 hex digits, others for each registration of the id.</summary>
    internal string DdiTargetToken(string deviceId, long generation) =>
        Text(HMACSHA256.HashData(targetKey, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{generation}\n{deviceId}"))));

    private static string Text(byte[] bytes) => Convert.ToHexStringLower(bytes.AsSpan(0, TokenBytes));
}
