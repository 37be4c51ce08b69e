using System.Globalization;
using Muster.Errors;

namespace Muster.Devices;

/// <summary>What a registry request comes to.</summary>
internal abstract record IdentityMove
{
    private IdentityMove() { }

    /// <param name="Next">The identity to be stored, its keys not yet in it.</param>
    /// <param name="Keys">Its symmetric keys; null if it has none.</param>
    internal sealed record Moved(IdentityState Next, SymmetricKeys? Keys) : IdentityMove;

    internal sealed record Refused(Refusal Why) : IdentityMove;
}

/// <summary>The rules of identities. Pure but for the randomness of generated keys.</summary>
internal static class IdentityMachine
{
    internal const int MaxTextLength = 128;
    internal const int MaxScopeLength = 256;
    internal const int MaxParents = 100;

    /// <summary>A new identity. Its generation is the time of its registration, so that no later one has it again.</summary>
    internal static IdentityMove Create(DeviceKey key, IdentitySpec spec, DateTimeOffset now)
    {
        var identity = new IdentityState { GenerationId = now.UtcTicks };
        return Problem(key, spec) is { } problem
            ? Refused(problem)
            : Authenticate(Apply(identity, key, spec, now) with { StatusUpdatedAt = null }, keys: null, spec.Authentication);
    }

    /// <summary>The identity as the operator wants it from now on.</summary>
    internal static IdentityMove Update(DeviceKey key, IdentityState identity, SymmetricKeys? keys, IdentitySpec spec, DateTimeOffset now)
    {
        if (Problem(key, spec) is { } problem)
        {
            return Refused(problem);
        }

        if (!string.IsNullOrEmpty(spec.DeviceScope) && spec.DeviceScope != identity.DeviceScope)
        {
            return Refused($"The device scope of {key} cannot be changed.");
        }

        return Authenticate(Apply(identity, key, spec, now) with { Version = identity.Version + 1 }, keys, spec.Authentication);
    }

    /// <summary>True if something that may have opened a session of <paramref name="before"/> would not open one now.</summary>
    internal static bool ClosesSessions(IdentityState before, SymmetricKeys? keysBefore, IdentityMove.Moved after) =>
        before.AuthenticationType != after.Next.AuthenticationType
        || (keysBefore?.HasKeyMissingFrom(after.Keys) ?? false)
        || IsGone(before.PrimaryThumbprint, after.Next)
        || IsGone(before.SecondaryThumbprint, after.Next);

    private static bool IsGone(string? thumbprint, IdentityState next) =>
        thumbprint is not null && thumbprint != next.PrimaryThumbprint && thumbprint != next.SecondaryThumbprint;

    private static IdentityMove.Refused Refused(string problem) => new(Refusals.Invalid(problem));

    private static string? Problem(DeviceKey key, IdentitySpec spec) => spec switch
    {
        { StatusReason.Length: > MaxTextLength } => $"statusReason is longer than {MaxTextLength} characters.",
        { ManagedBy.Length: > MaxTextLength } => $"managedBy is longer than {MaxTextLength} characters.",
        { DeviceScope.Length: > MaxScopeLength } => $"deviceScope is longer than {MaxScopeLength} characters.",
        _ when HasNul(spec.StatusReason) || HasNul(spec.ManagedBy) || HasNul(spec.DeviceScope) || spec.ParentScopes.Any(HasNul) =>
            "statusReason, managedBy, deviceScope and parentScopes cannot hold the character U+0000.",
        { ParentScopes.Length: > MaxParents } => $"parentScopes has more than {MaxParents} entries.",
        { IotEdge: true } when key.IsModule => "A module cannot be an IoT Edge gateway.",
        _ when !Enum.IsDefined(spec.Status) || !Enum.IsDefined(spec.Authentication.Type) => "The status or authentication type is unknown.",
        _ when spec.ParentScopes.Any(scope => scope is null or { Length: > MaxScopeLength }) =>
            $"An entry of parentScopes is missing or longer than {MaxScopeLength} characters.",
        _ => null,
    };

    private static bool HasNul(string? text) => text?.Contains('\0', StringComparison.Ordinal) == true;

    private static IdentityState Apply(IdentityState identity, DeviceKey key, IdentitySpec spec, DateTimeOffset now) => identity with
    {
        Status = spec.Status,
        StatusReason = spec.StatusReason,
        StatusUpdatedAt = spec.Status == identity.Status ? identity.StatusUpdatedAt : now,
        IotEdge = spec.IotEdge,
        DeviceScope = ScopeOf(identity, key, spec, now),
        ParentScopes = spec.ParentScopes.Length == 0 ? null : spec.ParentScopes,
        ManagedBy = key.IsModule ? spec.ManagedBy : null,
    };

    private static string? ScopeOf(IdentityState identity, DeviceKey key, IdentitySpec spec, DateTimeOffset now)
    {
        if (spec.IotEdge)
        {
            return identity.IotEdge
                ? identity.DeviceScope
                : string.Create(CultureInfo.InvariantCulture, $"ms-azure-iot-edge://{key.DeviceId}-{now.UtcTicks}");
        }

        return identity.IotEdge ? null : identity.DeviceScope ?? (string.IsNullOrEmpty(spec.DeviceScope) ? null : spec.DeviceScope);
    }

    private static IdentityMove Authenticate(IdentityState next, SymmetricKeys? keys, DeviceAuthentication wanted)
    {
        if (!Thumbprints.TryNormalise(wanted.PrimaryThumbprint, out var primary)
            || !Thumbprints.TryNormalise(wanted.SecondaryThumbprint, out var secondary))
        {
            return Refused("A thumbprint is 40 or 64 hexadecimal digits.");
        }

        return wanted.Type switch
        {
            AuthenticationType.Sas => WithKeys(next, keys, wanted),
            AuthenticationType.SelfSigned => WithThumbprints(next, primary, secondary),
            _ => new IdentityMove.Moved(WithoutCredentials(next) with { AuthenticationType = wanted.Type }, Keys: null),
        };
    }

    private static IdentityMove WithKeys(IdentityState next, SymmetricKeys? keys, DeviceAuthentication wanted)
    {
        next = WithoutCredentials(next) with { AuthenticationType = AuthenticationType.Sas };
        if (string.IsNullOrEmpty(wanted.PrimaryKey) && string.IsNullOrEmpty(wanted.SecondaryKey))
        {
            return new IdentityMove.Moved(next, keys ?? SymmetricKeys.Generate());
        }

        if (string.IsNullOrEmpty(wanted.PrimaryKey) || string.IsNullOrEmpty(wanted.SecondaryKey))
        {
            return Refused("Give both the primary and the secondary key, or neither.");
        }

        return SymmetricKeys.TryParse(wanted.PrimaryKey, wanted.SecondaryKey, out var given)
            ? new IdentityMove.Moved(next, given)
            : Refused($"A key is base64 of {SymmetricKeys.MinKeyBytes} to {SymmetricKeys.MaxKeyBytes} bytes.");
    }

    private static IdentityMove WithThumbprints(IdentityState next, string? primary, string? secondary)
    {
        var keepsOld = primary is null && secondary is null && next.AuthenticationType == AuthenticationType.SelfSigned;
        (primary, secondary) = keepsOld ? (next.PrimaryThumbprint, next.SecondaryThumbprint) : (primary, secondary);
        return primary is null && secondary is null
            ? Refused("Authentication by a self-signed certificate needs a thumbprint.")
            : new IdentityMove.Moved(
                next with { AuthenticationType = AuthenticationType.SelfSigned, ProtectedKeys = null, PrimaryThumbprint = primary, SecondaryThumbprint = secondary },
                Keys: null);
    }

    private static IdentityState WithoutCredentials(IdentityState identity) =>
        identity with { ProtectedKeys = null, PrimaryThumbprint = null, SecondaryThumbprint = null };
}
