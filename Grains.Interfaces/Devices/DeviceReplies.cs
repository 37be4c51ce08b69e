using Muster.Errors;

namespace Muster.Devices;

/// <summary>What became of a registry request.</summary>
[GenerateSerializer, Immutable, Alias("muster.IdentityReply")]
public abstract record IdentityReply
{
    private IdentityReply() { }

    /// <summary>The identity stands as <paramref name="Identity"/>, durably; after a delete, as it last was.</summary>
    [GenerateSerializer, Immutable, Alias("muster.IdentityReply.Accepted")]
    public sealed record Accepted([property: Id(0)] DeviceIdentity Identity) : IdentityReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.IdentityReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : IdentityReply;
}
