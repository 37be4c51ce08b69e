using Muster.Errors;

namespace Muster.Access;

/// <summary>IoT Hub's permissions of a shared access policy. Stored; append only.</summary>
[Flags]
public enum AccessRights : int
{
    None = 0,
    RegistryRead = 1,
    RegistryWrite = 2,
    ServiceConnect = 4,
    DeviceConnect = 8,
}

/// <summary>A token that held: who it speaks for, and what it may be used on.</summary>
[GenerateSerializer, Immutable, Alias("muster.AccessGrant")]
public sealed record AccessGrant
{
    /// <summary>The policy that signed it.</summary>
    [Id(0)] public required string PolicyName { get; init; }

    [Id(1)] public required AccessRights Rights { get; init; }

    /// <summary>Decoded path of the resource behind the host, e.g. <c>/devices/d1</c>; empty for the whole hub.</summary>
    [Id(2)] public required string Scope { get; init; }

    /// <summary>UTC; the token holds no longer.</summary>
    [Id(3)] public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>A grant, or IotHubUnauthorizedAccess.</summary>
[GenerateSerializer, Immutable, Alias("muster.AccessReply")]
public abstract record AccessReply
{
    private AccessReply() { }

    [GenerateSerializer, Immutable, Alias("muster.AccessReply.Granted")]
    public sealed record Granted([property: Id(0)] AccessGrant Grant) : AccessReply;

    [GenerateSerializer, Immutable, Alias("muster.AccessReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : AccessReply;
}
