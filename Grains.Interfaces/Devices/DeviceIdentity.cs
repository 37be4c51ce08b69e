namespace Muster.Devices;

/// <summary>What the registry knows of a device or module, keys in clear: for callers that may read the registry.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeviceIdentity")]
public sealed record DeviceIdentity
{
    [Id(0)] public required string DeviceId { get; init; }

    /// <summary>Null for a device.</summary>
    [Id(1)] public string? ModuleId { get; init; }

    /// <summary>18-digit text; a re-created id gets another, and none is ever used twice.</summary>
    [Id(2)] public required string GenerationId { get; init; }

    /// <summary>Opaque base64 text without quotes; changes with the identity, not with the twin.</summary>
    [Id(3)] public required string ETag { get; init; }

    [Id(4)] public required DeviceStatus Status { get; init; }

    /// <summary>Operator's words; null if none were given.</summary>
    [Id(5)] public string? StatusReason { get; init; }

    /// <summary>UTC, the silo's clock; null if the status never changed.</summary>
    [Id(6)] public DateTimeOffset? StatusUpdatedAt { get; init; }

    [Id(7)] public required ConnectionState ConnectionState { get; init; }

    /// <summary>UTC, the silo's clock; null if it never connected.</summary>
    [Id(8)] public DateTimeOffset? ConnectionStateUpdatedAt { get; init; }

    /// <summary>UTC, the silo's clock; null if it was never heard.</summary>
    [Id(9)] public DateTimeOffset? LastActivityAt { get; init; }

    [Id(10)] public required DeviceAuthentication Authentication { get; init; }

    /// <summary>True for an IoT Edge gateway. Default false.</summary>
    [Id(11)] public bool IotEdge { get; init; }

    /// <summary>Edge scope, <c>ms-azure-iot-edge://id-ticks</c>; null if none.</summary>
    [Id(12)] public string? DeviceScope { get; init; }

    /// <summary>Edge scopes of the parents, as they were given.</summary>
    [Id(13)] public string[] ParentScopes { get; init; } = [];

    /// <summary>Who manages a module, as it was given; null for devices.</summary>
    [Id(14)] public string? ManagedBy { get; init; }

    /// <summary>Cloud-to-device messages in the queue.</summary>
    [Id(15)] public int CloudToDeviceMessageCount { get; init; }
}

/// <summary>Numbered for storage and wire; append only.</summary>
public enum DeviceStatus : int
{
    Enabled = 0,
    Disabled = 1,
}

/// <summary>Numbered for storage and wire; append only.</summary>
public enum ConnectionState : int
{
    Disconnected = 0,
    Connected = 1,
}

/// <summary>IoT Hub's <c>authentication.type</c>. Numbered for storage and wire; append only.</summary>
public enum AuthenticationType : int
{
    Sas = 0,
    SelfSigned = 1,
    CertificateAuthority = 2,
    None = 3,
}

/// <summary>How an identity proves itself.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeviceAuthentication")]
public sealed record DeviceAuthentication
{
    [Id(0)] public AuthenticationType Type { get; init; }

    /// <summary>Base64 of 16 to 64 bytes; null or empty where none is set. In a request, empty asks for a generated key.</summary>
    [Id(1)] public string? PrimaryKey { get; init; }

    [Id(2)] public string? SecondaryKey { get; init; }

    /// <summary>40 (SHA-1) or 64 (SHA-256) hex digits; null where none is set.</summary>
    [Id(3)] public string? PrimaryThumbprint { get; init; }

    [Id(4)] public string? SecondaryThumbprint { get; init; }

    /// <summary>No key, no thumbprint in the text: records print themselves, and keys are never logged.</summary>
    public override string ToString() => $"DeviceAuthentication {{ Type = {Type} }}";
}

/// <summary>What an operator asks an identity to be: the body of a PUT.</summary>
[GenerateSerializer, Immutable, Alias("muster.IdentitySpec")]
public sealed record IdentitySpec
{
    [Id(0)] public DeviceStatus Status { get; init; }

    /// <summary>At most 128 characters; null clears it.</summary>
    [Id(1)] public string? StatusReason { get; init; }

    /// <summary>
    /// Null or empty keys on creation ask for generated ones; on an update they keep those that are there, since cutting off a live
    /// device silently is the worse failure.
    /// </summary>
    [Id(2)] public DeviceAuthentication Authentication { get; init; } = new();

    [Id(3)] public bool IotEdge { get; init; }

    [Id(4)] public string? DeviceScope { get; init; }

    [Id(5)] public string[] ParentScopes { get; init; } = [];

    [Id(6)] public string? ManagedBy { get; init; }
}
