namespace Muster.Gates;

/// <summary>Where a gate stands. Stored; append only.</summary>
public enum GateStatus : int
{
    /// <summary>Asked for; whoever opens it has not answered.</summary>
    Requested = 1,

    /// <summary>Whoever opens it is at it, and will call back.</summary>
    Preparing = 2,

    /// <summary>Until its lease ends.</summary>
    Open = 3,

    /// <summary>The update has passed it. Its lease still counts until the device installs, and is noted after that.</summary>
    Consumed = 4,

    /// <summary>The update is over; whoever opened it is told, again and again, until he says that he heard.</summary>
    Closing = 5,
    Closed = 6,
    Denied = 7,

    /// <summary>Not opened in time, its lease ran out, or the value by which telemetry opened it left its bounds or grew too old.</summary>
    Expired = 8,
}

/// <summary>What somebody says of a gate. Stored in the history by name; append only.</summary>
public enum GateWord : int
{
    /// <summary>It is open, or stays open: the lease begins anew.</summary>
    Open = 1,

    /// <summary>The call was taken; a callback follows.</summary>
    Accepted = 2,
    Deny = 3,

    /// <summary>Nobody answered, or not so that it could be understood: it is asked again.</summary>
    NoAnswer = 4,

    /// <summary>The close-out was heard.</summary>
    Closed = 5,

    /// <summary>It stays open: the lease begins anew. Refused where it is not open now, so that nothing is opened by it.</summary>
    Renew = 6,
}

/// <summary>Somebody says something of a gate. May come twice and late.</summary>
/// <param name="Word">What.</param>
/// <param name="Actor">Who: <c>webhook</c>, <c>device</c>, <c>engine</c>, or a principal's name.</param>
/// <param name="Lease">How long it is open; null for what the gate's plan says. Never longer than 30 days.</param>
/// <param name="Evidence">At most 1024 characters, the rest is cut; null if there is none.</param>
[GenerateSerializer, Immutable, Alias("muster.GateAnswer")]
public sealed record GateAnswer(
    [property: Id(0)] GateWord Word, [property: Id(1)] string Actor, [property: Id(2)] TimeSpan? Lease = null, [property: Id(3)] string? Evidence = null);

/// <summary>A gate as it stands.</summary>
[GenerateSerializer, Immutable, Alias("muster.GateView")]
public sealed record GateView
{
    /// <summary>By which it is found, and by which who opens it knows a repeated call. It begins with the rollout's id and a slash.</summary>
    [Id(0)] public required string Key { get; init; }

    [Id(1)] public required string Rollout { get; init; }

    /// <summary>Empty for a gate of another scope than a device's.</summary>
    [Id(2)] public required string DeviceId { get; init; }

    [Id(3)] public required string Name { get; init; }

    [Id(4)] public required GatePhase Phase { get; init; }

    [Id(5)] public required GateKind Kind { get; init; }

    [Id(6)] public required GateStatus Status { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(7)] public required DateTimeOffset Since { get; init; }

    /// <summary>When the lease ends, UTC; null while it is not open.</summary>
    [Id(8)] public DateTimeOffset? OpenUntil { get; init; }

    [Id(9)] public string? Actor { get; init; }

    [Id(10)] public string? Evidence { get; init; }

    /// <summary>The role that opens a manual gate; null for others.</summary>
    [Id(11)] public string? Role { get; init; }

    [Id(12)] public GateScope Scope { get; init; }

    /// <summary>The name of the group that it is in front of; null for other scopes.</summary>
    [Id(13)] public string? Group { get; init; }

    /// <summary>The site that it is in front of; null for other scopes.</summary>
    [Id(14)] public string? Site { get; init; }
}

/// <summary>What became of a word on a gate.</summary>
[GenerateSerializer, Immutable, Alias("muster.GateReply")]
public abstract record GateReply
{
    private GateReply() { }

    /// <summary>It stands so, by this word or an earlier one.</summary>
    [GenerateSerializer, Immutable, Alias("muster.GateReply.Accepted")]
    public sealed record Accepted([property: Id(0)] GateView Gate) : GateReply;

    /// <summary>There is no such gate now.</summary>
    [GenerateSerializer, Immutable, Alias("muster.GateReply.Unknown")]
    public sealed record Unknown : GateReply;

    /// <summary>The word cannot follow on where it stands; nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.GateReply.Refused")]
    public sealed record Refused([property: Id(0)] GateView Gate) : GateReply;
}
