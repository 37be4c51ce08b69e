namespace Muster.Devices;

/// <summary>How an identity proves itself, as IoT Hub's JSON has it.</summary>
internal sealed record AuthenticationMessage
{
    /// <summary>Base64 keys of 16 to 64 bytes; both or neither. Empty ones ask for generated keys on creation and keep those that are there on an update.</summary>
    public SymmetricKeyMessage? SymmetricKey { get; init; }

    /// <summary>SHA-1 (40 hex digits) or SHA-256 (64 hex digits) thumbprints of client certificates.</summary>
    public ThumbprintMessage? X509Thumbprint { get; init; }

    /// <summary><c>sas</c>, <c>selfSigned</c>, <c>certificateAuthority</c> or <c>none</c>. Default <c>selfSigned</c> where a thumbprint is given, else <c>sas</c>.</summary>
    public string? Type { get; init; }
}

internal sealed record SymmetricKeyMessage(string? PrimaryKey, string? SecondaryKey);

internal sealed record ThumbprintMessage(string? PrimaryThumbprint, string? SecondaryThumbprint);

/// <param name="IotEdge">True for an IoT Edge gateway. Default false.</param>
internal sealed record CapabilitiesMessage(bool IotEdge);
