namespace Muster.Access;

/// <summary>Encrypts what must not be readable in the data folder. Thread-safe.</summary>
public interface ISecretProtector
{
    /// <summary>Authenticated encryption under the hub's master key; every call gives other bytes.</summary>
    byte[] Protect(ReadOnlySpan<byte> secret);

    /// <exception cref="System.Security.Cryptography.CryptographicException">The bytes were changed, or come from another hub.</exception>
    byte[] Unprotect(ReadOnlySpan<byte> protectedSecret);
}

/// <summary>Makes keys for other purposes from the hub's master key. Thread-safe.</summary>
public interface IKeyDerivation
{
    /// <summary>32 bytes, always the same ones for a purpose, by which neither the master key nor another purpose's key can be known (HKDF, RFC 5869).</summary>
    byte[] Derive(string purpose);
}

/// <summary>A shared access policy of the hub. Its keys are base64 text.</summary>
public sealed record AccessPolicy(string Name, AccessRights Rights, string PrimaryKey, string SecondaryKey)
{
    /// <summary>No key in the text: records print themselves, and keys are never logged.</summary>
    public override string ToString() => $"AccessPolicy {{ Name = {Name}, Rights = {Rights} }}";
}

/// <summary>The hub's shared access policies and the host names that it answers to.</summary>
public interface IAccessPolicies
{
    /// <summary>Null if there is no such policy. Names are compared case-insensitively.</summary>
    AccessPolicy? Find(string name);

    IReadOnlyCollection<AccessPolicy> All { get; }

    /// <summary>True for a name that tokens and MQTT user names may carry; an explicit port is ignored, case too.</summary>
    bool IsHostName(ReadOnlySpan<char> host);
}
