using System.Security.Cryptography;
using System.Text;
using Muster.Access;

namespace Muster.Hosting;

/// <summary>
/// AES-256-GCM under the hub's master key. Envelope: version 1, key id (4 bytes), nonce (12), tag (16), ciphertext; version and key id are
/// authenticated too.
/// </summary>
internal sealed class MasterKey : ISecretProtector, IKeyDerivation, IDisposable
{
    internal const string FileName = "master.key";
    internal const int KeyLength = 32;
    private const byte Version = 1;
    private const int KeyIdLength = 4;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = 1 + KeyIdLength;
    private const int Overhead = HeadLength + NonceLength + TagLength;

    private readonly byte[] head;
    private readonly byte[] derivationKey;
    private bool isDisposed;

    // An AesGcm may be used by one thread at a time.
    private readonly ThreadLocal<AesGcm> ciphers;

    internal MasterKey(byte[] key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyLength);
        head = [Version, .. SHA256.HashData([.. "muster master key id"u8, .. key]).AsSpan(0, KeyIdLength)];
        derivationKey = HKDF.Extract(HashAlgorithmName.SHA256, key, "muster derived keys"u8.ToArray());
        ciphers = new(() => new AesGcm(key, TagLength), trackAllValues: true);
    }

    /// <summary>Reads the key of a data folder; makes one in a folder that has nothing encrypted yet.</summary>
    /// <exception cref="StartupException">The key is damaged, or it is missing although <paramref name="isNeeded"/>.</exception>
    internal static MasterKey LoadOrCreate(string folder, bool isNeeded)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            if (isNeeded)
            {
                throw new StartupException(ExitCode.DataFolder, $"{path} is missing: the keys in this folder cannot be read without it");
            }

            PrivateFile.Write(path, RandomNumberGenerator.GetBytes(KeyLength));
        }

        var key = File.ReadAllBytes(path);
        return key.Length == KeyLength ? new(key)
            : throw new StartupException(ExitCode.DataFolder, $"{path} is damaged: it has {key.Length} bytes instead of {KeyLength}");
    }

    /// <inheritdoc/>
    public byte[] Protect(ReadOnlySpan<byte> secret)
    {
        var envelope = new byte[Overhead + secret.Length];
        head.CopyTo(envelope, 0);
        var nonce = envelope.AsSpan(HeadLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        ciphers.Value!.Encrypt(nonce, secret, envelope.AsSpan(Overhead), envelope.AsSpan(HeadLength + NonceLength, TagLength), head);
        return envelope;
    }

    /// <inheritdoc/>
    public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret)
    {
        if (protectedSecret.Length < Overhead || !protectedSecret[..HeadLength].SequenceEqual(head))
        {
            throw new CryptographicException("The secret was not protected under this hub's master key.");
        }

        var secret = new byte[protectedSecret.Length - Overhead];
        var nonce = protectedSecret.Slice(HeadLength, NonceLength);
        var tag = protectedSecret.Slice(HeadLength + NonceLength, TagLength);
        ciphers.Value!.Decrypt(nonce, protectedSecret[Overhead..], tag, secret, head);
        return secret;
    }

    /// <inheritdoc/>
    public byte[] Derive(string purpose) => HKDF.Expand(HashAlgorithmName.SHA256, derivationKey, KeyLength, Encoding.UTF8.GetBytes(purpose));

    /// <summary>Idempotent: who registers it under several names has it disposed as often.</summary>
    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        CryptographicOperations.ZeroMemory(derivationKey);
        foreach (var cipher in ciphers.Values)
        {
            cipher.Dispose();
        }

        ciphers.Dispose();
    }
}
