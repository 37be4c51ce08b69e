using Muster.Access;
using Muster.Devices;
using Muster.Errors;
using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>Judges tokens as they come, by <c>$cbs</c> or in SASL PLAIN: the rooms that judge MQTT's and REST's do.</summary>
internal sealed class TokenCheck(IAccessPolicies policies, Authentication authentication, TimeProvider clock)
{
    /// <summary>Checks the token and puts it into the connection's book.</summary>
    /// <returns>Why not; null if it holds.</returns>
    public async ValueTask<Refusal?> AdmitAsync(TokenBook book, string audience, string? text)
    {
        if (!SasToken.TryParse(text, out var token))
        {
            return new Refusal(HubErrorCode.IotHubUnauthorizedAccess, "There is no valid shared access signature.");
        }

        return token.PolicyName is null ? await AdmitDeviceAsync(book, audience, text!, token) : AdmitPolicy(book, audience, text!, token);
    }

    /// <summary>Whether the connection speaks for the device: by a token in its book, or by its certificate.</summary>
    public async ValueTask<DeviceAccess.Authenticated?> FindDeviceAsync(Peer peer, DeviceKey key, bool isFresh)
    {
        if (!isFresh && peer.Tokens.TryFind(key, out var known))
        {
            return known;
        }

        foreach (var entry in peer.Tokens.Covering(key))
        {
            if (await authentication.CheckAsync(key, new DeviceCredentials.Token(entry.Text)) is DeviceAccess.Authenticated access)
            {
                peer.Tokens.Remember(key, access, entry);
                return access;
            }
        }

        if (peer.ClientCertificate is { } leaf
            && await authentication.CheckAsync(key, DeviceCredentials.Certificate.From(leaf)) is DeviceAccess.Authenticated shown)
        {
            peer.Tokens.Remember(key, shown, by: null);
            peer.TokensChanged();
            return shown;
        }

        return null;
    }

    private Refusal? AdmitPolicy(TokenBook book, string audience, string text, SasToken token) =>
        PolicyCheck.Authenticate(token, policies, clock.GetUtcNow()) switch
        {
            AccessReply.Granted { Grant: var grant } => Add(book, audience, new(text, token, grant, EndOf(token))),
            AccessReply.Refused { Why: var why } => why,
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    private async ValueTask<Refusal?> AdmitDeviceAsync(TokenBook book, string audience, string text, SasToken token)
    {
        Refusal? why = null;
        foreach (var key in KeysOf(token.Path))
        {
            switch (await authentication.CheckAsync(key, new DeviceCredentials.Token(text)))
            {
                case DeviceAccess.Authenticated access:
                    var entry = new TokenBook.Entry(text, token, null, EndOf(token));
                    var full = Add(book, audience, entry);
                    if (full is null)
                    {
                        book.Remember(key, access, entry);
                    }

                    return full;
                case DeviceAccess.Refused refused:
                    why ??= refused.Why;
                    break;
            }
        }

        return why ?? new Refusal(HubErrorCode.IotHubUnauthorizedAccess, "A token that a device's key signed must name the device.");
    }

    // Some SDKs percent-encode the id inside sr before they encode sr; an id may also contain a percent sign itself.
    internal static IEnumerable<DeviceKey> KeysOf(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (device, module) = segments switch
        {
            [var devices, var d] when IsWord(devices, "devices") => (d, (string?)null),
            [var devices, var d, var modules, var m] when IsWord(devices, "devices") && IsWord(modules, "modules") => (d, m),
            _ => (null, null),
        };
        if (device is null)
        {
            yield break;
        }

        if (DeviceKey.TryCreate(device, module, out var plain))
        {
            yield return plain;
        }

        if (DeviceKey.TryCreate(Uri.UnescapeDataString(device), module is null ? null : Uri.UnescapeDataString(module), out var decoded)
            && decoded != plain)
        {
            yield return decoded;
        }
    }

    private static bool IsWord(string segment, string word) => segment.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static Refusal? Add(TokenBook book, string audience, TokenBook.Entry entry) => book.TryAdd(audience, entry)
        ? null
        : new Refusal(HubErrorCode.ThrottlingException, $"A connection holds at most {AmqpLimits.MaxTokens} tokens.");

    // A clock that runs behind ours may bring a token that has just ended.
    private DateTimeOffset EndOf(SasToken token) =>
        token.ExpiresAt > clock.GetUtcNow() ? token.ExpiresAt : token.ExpiresAt + SasToken.ClockSkew;
}
