using Orleans.Concurrency;

namespace Muster.Releases;

/// <summary>The manifest of a release as devices get it, signed by the hub. Key: the release's id.</summary>
[Alias("muster.IManifestGrain")]
public interface IManifestGrain : IGrainWithStringKey
{
    /// <summary>Null where devices may not have the release: it is not there, a draft, or withdrawn.</summary>
    [Alias("GetSigned"), ReadOnly]
    Task<SignedManifest?> GetSignedAsync();
}

/// <summary>The hub's key for manifests, made when it is first asked for. Key: 0.</summary>
[Alias("muster.IManifestKeyGrain")]
public interface IManifestKeyGrain : IGrainWithIntegerKey
{
    /// <summary>The public key in PEM (SPKI): ECDSA on P-256.</summary>
    [Alias("GetPublicKey")]
    Task<string> GetPublicKeyAsync();
}

/// <summary>What a device gets.</summary>
/// <param name="Manifest">
/// JSON: <c>updateId</c> {name, version}, <c>compatibility</c> [{model, hwRevision?}], <c>files</c> {f0: {fileName, sizeInBytes, hashes: {sha256 in base64}}} by the
/// release's artifacts in their order, <c>createdDateTime</c>. The same text for the same release.
/// </param>
/// <param name="Signature">Compact JWS (RFC 7515), ES256, of {"sha256": base64 of the SHA-256 of the manifest's UTF-8}.</param>
[GenerateSerializer, Immutable, Alias("muster.SignedManifest")]
public sealed record SignedManifest([property: Id(0)] string Manifest, [property: Id(1)] string Signature);
