using Muster.Errors;
using Muster.Gateway;

namespace Muster.Releases;

/// <summary>Which devices a release is for.</summary>
internal sealed record CompatibilityBody
{
    /// <summary>Device models, as devices report them; 1 to 32.</summary>
    public string[]? Models { get; init; }

    /// <summary>Hardware revisions, as devices report them; none: any.</summary>
    public string[]? HardwareRevisions { get; init; }

    /// <summary>The version that must run before this one can be installed; null: any.</summary>
    public string? RequiredVersion { get; init; }

    /// <summary>Whether it may follow a later version. Default false.</summary>
    public bool AllowDowngrade { get; init; }

    internal static CompatibilityBody From(ReleaseCompatibility compatibility) => new()
    {
        Models = [.. compatibility.Models],
        HardwareRevisions = [.. compatibility.HardwareRevisions],
        RequiredVersion = compatibility.RequiredVersion,
        AllowDowngrade = compatibility.AllowDowngrade,
    };

    internal ReleaseCompatibility ToCompatibility() => new()
    {
        Models = [.. Models ?? []],
        HardwareRevisions = [.. HardwareRevisions ?? []],
        RequiredVersion = RequiredVersion,
        AllowDowngrade = AllowDowngrade,
    };
}

/// <summary>A release that is to be made.</summary>
internal sealed record ReleaseRequest : IRequestMessage<ReleaseRequest>
{
    public static int MaxBytes => ReleaseJson.MaxBytes;

    /// <summary>1 to 64 ASCII letters, digits and . _ - characters.</summary>
    public string? Name { get; init; }

    /// <summary>1 to 64 ASCII letters, digits and . _ - + characters.</summary>
    public string? Version { get; init; }

    /// <summary>For people; at most 2000 characters.</summary>
    public string? Description { get; init; }

    public CompatibilityBody? Compatibility { get; init; }

    public static ReleaseRequest Parse(ReadOnlySpan<byte> json) => ReleaseJson.Read(json, ReleaseJson.Default.ReleaseRequest);

    public Refusal? Check(RequestIds route) =>
        !ReleaseIds.IsName(Name) ? ReleaseJson.Invalid($"name must have 1 to {ReleaseIds.MaxPartLength} ASCII letters, digits and . _ - characters.")
        : !ReleaseIds.IsVersion(Version) ? ReleaseJson.Invalid($"version must have 1 to {ReleaseIds.MaxPartLength} ASCII letters, digits and . _ - + characters.")
        : Compatibility is null ? ReleaseJson.Invalid("compatibility must be given, with the models of devices that it is for.")
        : null;

    internal ReleaseSpec ToSpec() => new() { Name = Name!, Version = Version!, Description = Description, Compatibility = Compatibility!.ToCompatibility() };
}

/// <summary>What is to be other in a draft.</summary>
internal sealed record ReleaseChangeRequest : IRequestMessage<ReleaseChangeRequest>
{
    public static int MaxBytes => ReleaseJson.MaxBytes;

    /// <summary>For people; at most 2000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>In place of all that was said.</summary>
    public CompatibilityBody? Compatibility { get; init; }

    public static ReleaseChangeRequest Parse(ReadOnlySpan<byte> json) => ReleaseJson.Read(json, ReleaseJson.Default.ReleaseChangeRequest);

    public Refusal? Check(RequestIds route) =>
        Description is null && Compatibility is null ? ReleaseJson.Invalid("description or compatibility must be given: nothing else can be changed.") : null;

    internal ReleaseChange ToChange() => new(Description, Compatibility?.ToCompatibility());
}

/// <summary>Why a release is withdrawn.</summary>
internal sealed record WithdrawRequest : IRequestMessage<WithdrawRequest>
{
    private const int MaxReason = 500;

    public static int MaxBytes => ReleaseJson.MaxBytes;

    /// <summary>For people, 1 to 500 characters.</summary>
    public string? Reason { get; init; }

    public static WithdrawRequest Parse(ReadOnlySpan<byte> json) => ReleaseJson.Read(json, ReleaseJson.Default.WithdrawRequest);

    public Refusal? Check(RequestIds route) => Reason is { Length: > 0 and <= MaxReason } ? null : ReleaseJson.Invalid($"reason must have 1 to {MaxReason} characters.");
}

/// <summary>An artifact that is to be uploaded.</summary>
internal sealed record ArtifactRequest : IRequestMessage<ArtifactRequest>
{
    public static int MaxBytes => ReleaseJson.MaxBytes;

    /// <summary>1 to 128 ASCII letters, digits and . _ - + ~ characters, no dot at its beginning.</summary>
    public string? Name { get; init; }

    /// <summary>Bytes that must come.</summary>
    public long? Size { get; init; }

    /// <summary>What they must hash to, in hex.</summary>
    public string? Sha256 { get; init; }

    /// <summary>For people; what is served is application/octet-stream.</summary>
    public string? ContentType { get; init; }

    /// <summary>Absent: it comes later.</summary>
    public SignatureRequest? Signature { get; init; }

    public static ArtifactRequest Parse(ReadOnlySpan<byte> json) => ReleaseJson.Read(json, ReleaseJson.Default.ArtifactRequest);

    public Refusal? Check(RequestIds route) => string.IsNullOrEmpty(Name) ? ReleaseJson.Invalid("name must be given.") : Signature?.Check(route);

    internal ArtifactSpec ToSpec() => new() { Name = Name!, Size = Size, Sha256 = Sha256, ContentType = ContentType, Signature = Signature?.ToSignature() };
}

/// <summary>A detached signature.</summary>
internal sealed record SignatureRequest : IRequestMessage<SignatureRequest>
{
    public static int MaxBytes => ReleaseJson.MaxBytes;

    /// <summary>Base64: ECDSA P-256 over the SHA-256 of the artifact (DER or IEEE P1363), or CMS in DER.</summary>
    public string? Value { get; init; }

    /// <summary>The signing key that made it; absent: any that fits.</summary>
    public string? KeyId { get; init; }

    public static SignatureRequest Parse(ReadOnlySpan<byte> json) => ReleaseJson.Read(json, ReleaseJson.Default.SignatureRequest);

    public Refusal? Check(RequestIds route) => string.IsNullOrEmpty(Value) ? ReleaseJson.Invalid("The value of the signature must be given.") : null;

    internal ArtifactSignature ToSignature() => new(Value!, KeyId);
}

/// <summary>A key that is to be registered.</summary>
internal sealed record SigningKeyRequest : IRequestMessage<SigningKeyRequest>
{
    public static int MaxBytes => ReleaseJson.MaxBytes;

    /// <summary>A PUBLIC KEY (ECDSA P-256) or a CERTIFICATE.</summary>
    public string? Pem { get; init; }

    public static SigningKeyRequest Parse(ReadOnlySpan<byte> json) => ReleaseJson.Read(json, ReleaseJson.Default.SigningKeyRequest);

    public Refusal? Check(RequestIds route) => string.IsNullOrEmpty(Pem) ? ReleaseJson.Invalid("pem must be given.") : null;

    /// <summary>Somebody may have sent a private key: records print themselves.</summary>
    public override string ToString() => nameof(SigningKeyRequest);
}

/// <summary>A release that is to be golden.</summary>
internal sealed record GoldenRequest : IRequestMessage<GoldenRequest>
{
    public static int MaxBytes => ReleaseJson.MaxBytes;

    public string? ReleaseId { get; init; }

    public static GoldenRequest Parse(ReadOnlySpan<byte> json) => ReleaseJson.Read(json, ReleaseJson.Default.GoldenRequest);

    public Refusal? Check(RequestIds route) => ReleaseId is { } id && ReleaseIds.IsValid(id) ? null : ReleaseJson.Invalid("releaseId must be name@version.");
}
