using System.Collections.Immutable;
using Muster.Access;
using Muster.Devices;

namespace Muster.Amqp;

/// <summary>What a link needs its connection to have proved. The engine checks it at the attach and whenever a token lapses.</summary>
internal abstract record LinkClaim
{
    private LinkClaim() { }

    /// <summary>Nothing: <c>$cbs</c> itself.</summary>
    public sealed record Nothing : LinkClaim
    {
        public static Nothing Instance { get; } = new();
    }

    /// <summary>A policy's token with these rights.</summary>
    /// <param name="Rights">All of them are needed.</param>
    /// <param name="Path">Decoded segments that the token's scope has to cover; null: whatever its scope.</param>
    public sealed record Policy(AccessRights Rights, ImmutableArray<string>? Path) : LinkClaim;

    /// <summary>The device's or module's own token, a policy's with DeviceConnect that covers it, or its certificate.</summary>
    public sealed record Device(DeviceKey Key) : LinkClaim;
}

/// <summary>Who a link speaks for.</summary>
internal abstract record LinkGrant
{
    private LinkGrant() { }

    public sealed record Anyone : LinkGrant
    {
        public static Anyone Instance { get; } = new();
    }

    public sealed record Policy(AccessGrant Grant) : LinkGrant;

    public sealed record Device(DeviceKey Key, DeviceAccess.Authenticated Access) : LinkGrant;
}
