using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Muster.Access;
using Muster.Storage;

namespace Muster.Releases;

/// <summary>Signs with the hub's key for manifests, which stays where it is. Key: 0, the same grain as <see cref="IManifestKeyGrain"/>.</summary>
[Alias("muster.IManifestSigningGrain")]
internal interface IManifestSigningGrain : IGrainWithIntegerKey
{
    /// <summary>A compact JWS for the manifest of this SHA-256.</summary>
    [Alias("Sign")]
    Task<string> SignAsync(ImmutableArray<byte> sha256);
}

/// <summary>The hub's key for manifests as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.ManifestKeyState")]
internal sealed record ManifestKeyState
{
    /// <summary>What <c>ISecretProtector</c> made of its PKCS#8.</summary>
    [Id(0)] public ImmutableArray<byte> ProtectedKey { get; init; } = [];

    public override string ToString() => nameof(ManifestKeyState);
}

[GrainType("manifest-key")]
internal sealed class ManifestKeyGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<ManifestKeyState> storage,
    ISecretProtector secrets) : Grain, IManifestKeyGrain, IManifestSigningGrain
{
    private ECDsa? key;

    public async Task<string> GetPublicKeyAsync() => (await KeyAsync()).ExportSubjectPublicKeyInfoPem();

    public async Task<string> SignAsync(ImmutableArray<byte> sha256) => ManifestSigner.Sign(await KeyAsync(), sha256.AsSpan());

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        key?.Dispose();
        return Task.CompletedTask;
    }

    private async Task<ECDsa> KeyAsync()
    {
        if (key is null)
        {
            if (!storage.RecordExists)
            {
                using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                storage.State = new ManifestKeyState { ProtectedKey = [.. secrets.Protect(made.ExportPkcs8PrivateKey())] };
                await storage.WriteStateAsync();
            }

            key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(secrets.Unprotect(storage.State.ProtectedKey.AsSpan()), out _);
        }

        return key;
    }
}

[GrainType("manifest")]
internal sealed class ManifestGrain : Grain, IManifestGrain
{
    private SignedManifest? signed;

    public async Task<SignedManifest?> GetSignedAsync()
    {
        if (await GrainFactory.GetGrain<IReleaseGrain>(this.GetPrimaryKeyString()).GetManifestAsync() is not { MayBeDownloaded: true } release)
        {
            return null;
        }

        var text = ManifestSigner.Write(release);
        if (signed?.Manifest != text)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
            signed = new SignedManifest(text, await GrainFactory.GetGrain<IManifestSigningGrain>(0).SignAsync([.. hash]));
        }

        return signed;
    }
}
