using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Muster.Devices;
using Muster.Json;

namespace Muster.Upstream;

/// <summary>An identity of the upstream hub as it was read. Its keys are passed on to who asked, and never stored.</summary>
/// <param name="State">As a row has it, without keys; its version is 0.</param>
/// <param name="ETag">The upstream hub's.</param>
/// <param name="ConnectionChangedAt">UTC; null if it never connected.</param>
/// <param name="PrimaryKey">Base64; null where there is none, or the policy may not see it.</param>
/// <param name="SecondaryKey">The same.</param>
internal sealed record UpstreamIdentity(IdentityState State, string? ETag, DateTimeOffset? ConnectionChangedAt, string? PrimaryKey, string? SecondaryKey)
{
    /// <summary>No key in the text: records print themselves, and keys are never logged.</summary>
    public override string ToString() => $"UpstreamIdentity {{ ETag = {ETag} }}";

    /// <exception cref="InvalidDataException">It is no identity.</exception>
    internal static UpstreamIdentity Read(JsonUtf8 json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.Memory, UpstreamJson.Options);
            var root = document.RootElement;
            var authentication = UpstreamJson.Member(root, "authentication") ?? default;
            var keys = UpstreamJson.Member(authentication, "symmetricKey") ?? default;
            return new UpstreamIdentity(
                StateIn(root, authentication),
                UpstreamJson.ETag(root, "etag"),
                UpstreamJson.Time(root, "connectionStateUpdatedTime"),
                UpstreamJson.Text(keys, "primaryKey"),
                UpstreamJson.Text(keys, "secondaryKey"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"The upstream hub answered with what is no identity: {e.Message}", e);
        }
    }

    /// <summary>
    /// The identity as the row is to have it behind <paramref name="before"/>, whose version it has where nothing changed. The etag of another Muster tells the
    /// version; of others each change is the next.
    /// </summary>
    internal IdentityState Behind(IdentityState? before)
    {
        var sameGeneration = before is not null && before.GenerationId == State.GenerationId;
        var told = VersionIn(ETag, State.GenerationId);
        if (sameGeneration && IsSame(before!, State) && (told is null || told == before!.Version))
        {
            return before!;
        }

        return State with { Version = told ?? (sameGeneration ? before!.Version + 1 : 1) };
    }

    private static bool IsSame(IdentityState a, IdentityState b) =>
        (a.ParentScopes ?? []).SequenceEqual(b.ParentScopes ?? []) && a with { ParentScopes = null, Version = 0 } == b with { ParentScopes = null };

    private static IdentityState StateIn(JsonElement root, JsonElement authentication)
    {
        var thumbprints = UpstreamJson.Member(authentication, "x509Thumbprint") ?? default;
        var capabilities = UpstreamJson.Member(root, "capabilities") ?? default;
        var parents = UpstreamJson.Member(root, "parentScopes") is { ValueKind: JsonValueKind.Array } scopes
            ? scopes.EnumerateArray().Select(scope => scope.GetString() ?? "").ToArray()
            : [];
        return new IdentityState
        {
            GenerationId =
                long.TryParse(UpstreamJson.Text(root, "generationId"), NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 0,
            Status = UpstreamJson.Text(root, "status") == "disabled" ? DeviceStatus.Disabled : DeviceStatus.Enabled,
            StatusReason = UpstreamJson.Text(root, "statusReason"),
            StatusUpdatedAt = UpstreamJson.Time(root, "statusUpdatedTime"),
            AuthenticationType = UpstreamJson.Text(authentication, "type") switch
            {
                "selfSigned" => AuthenticationType.SelfSigned,
                "certificateAuthority" => AuthenticationType.CertificateAuthority,
                "none" => AuthenticationType.None,
                _ => AuthenticationType.Sas,
            },
            PrimaryThumbprint = UpstreamJson.Text(thumbprints, "primaryThumbprint"),
            SecondaryThumbprint = UpstreamJson.Text(thumbprints, "secondaryThumbprint"),
            IotEdge = UpstreamJson.Member(capabilities, "iotEdge") is { ValueKind: JsonValueKind.True },
            DeviceScope = UpstreamJson.Text(root, "deviceScope"),
            ParentScopes = parents.Length == 0 ? null : parents,
            ManagedBy = UpstreamJson.Text(root, "managedBy"),
        };
    }

    private static long? VersionIn(string? etag, long generation)
    {
        var bytes = new byte[etag?.Length ?? 0];
        return Convert.TryFromBase64String(etag ?? "", bytes, out var length)
            && Utf8Parser.TryParse(bytes.AsSpan(0, length), out long number, out var used) && used == length && length > 0
            && generation > 0 && number >= generation && number - generation < int.MaxValue
            ? number - generation
            : null;
    }
}
