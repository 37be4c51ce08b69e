using Muster.Updates;

namespace Muster.Gates;

/// <summary>Something that has to be said to whoever opens a gate.</summary>
internal sealed record GateCall
{
    public required GateSpec Spec { get; init; }

    /// <summary>The idempotency key: the same for every call of this gate.</summary>
    public required string Key { get; init; }

    public required GateEffect Effect { get; init; }

    /// <summary>Empty for a gate that the rollout keeps.</summary>
    public required string DeviceId { get; init; }

    public required string Rollout { get; init; }

    /// <summary>From 0; null where it is in front of more than one group.</summary>
    public required int? Group { get; init; }

    /// <summary>Null for other scopes.</summary>
    public string? Site { get; init; }

    public required string Release { get; init; }

    /// <summary>Of the device's update; null for a gate that the rollout keeps.</summary>
    public UpdateStatus? Status { get; init; }
}

/// <summary>Says it, outside of any grain's turn, and hands the answer to the grain that keeps the gate. Thread-safe.</summary>
internal interface IGateCalls
{
    /// <summary>Returns at once and never throws: a call that is lost is made again when the gate is due.</summary>
    void Start(GateCall call);
}

/// <summary>Bound from <c>Gates</c>; checked before the silo starts.</summary>
public sealed class GateOptions
{
    public const string Section = "Gates";

    /// <summary>Whether gates may call addresses that are not public, such as those of one's own network. Default false.</summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>How long a call may take. Default 10 s; 1 to 25 s.</summary>
    [System.ComponentModel.DataAnnotations.Range(typeof(TimeSpan), "00:00:01", "00:00:25")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Calls at once from one silo; further ones are made when their gates are due again. Default 64; 1 to 10,000.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 10_000)]
    public int MaxCalls { get; set; } = 64;
}

/// <summary>Checks <see cref="GateOptions"/>.</summary>
[Microsoft.Extensions.Options.OptionsValidator]
public sealed partial class GateOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<GateOptions>;
