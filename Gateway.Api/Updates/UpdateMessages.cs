using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Muster.Gateway;

namespace Muster.Updates;

/// <summary>A device's update under way or last finished.</summary>
internal sealed record UpdateResponse
{
    public required string DeviceId { get; init; }

    /// <summary>The rollout's id.</summary>
    public required string Rollout { get; init; }

    /// <summary>Which of the rollout's groups, from 0.</summary>
    public required int Group { get; init; }

    public required string Release { get; init; }

    /// <summary>Of the release.</summary>
    public required string Version { get; init; }

    /// <summary>What the device runs, as it says; absent if it never did.</summary>
    public string? RunningVersion { get; init; }

    /// <summary>planned, eligible, gated, offered, accepted, downloading, downloaded, readyToInstall, installing, installed, rebooting, verifying, soaking, canceling, rollingBack, succeeded, alreadyCurrent, skipped, excluded, incompatible, superseded, canceled, failed, rolledBack, unreachable or quarantined.</summary>
    public required string Status { get; init; }

    /// <summary>When the status was entered, UTC; absent while no rollout has come to the device.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When the status ends by itself, UTC; absent for a final one.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>From 1; a retry is another. 0 while no rollout has come to the device.</summary>
    public required int Attempt { get; init; }

    /// <summary>The update's number on the wire; 0 before the first.</summary>
    public required int WireId { get; init; }

    /// <summary>One word; absent unless it ended otherwise than well.</summary>
    public string? Reason { get; init; }

    /// <summary>Why the device is not up to date, the most important first; empty if it is.</summary>
    public required IReadOnlyList<string> Because { get; init; }

    /// <summary>Of the download, 0 to 100; absent if the agent does not say.</summary>
    public int? Percent { get; init; }

    /// <summary>The release that it goes back to if this one fails; absent if none is known.</summary>
    public string? LastKnownGood { get; init; }

    /// <summary>Steps of all updates of the device, newest first.</summary>
    public required StepResponse[] History { get; init; }

    /// <summary>To go on with as before; absent after the last page.</summary>
    public long? Next { get; init; }

    /// <summary>Null if there is nothing to be told.</summary>
    /// <param name="deviceId">The device.</param>
    /// <param name="view">What it says of its update; null if it has had none.</param>
    /// <param name="turns">What rollouts have planned for it.</param>
    internal static UpdateResponse? From(string deviceId, DeviceUpdateView? view, ImmutableArray<RolloutTurn> turns)
    {
        var waits = turns.Where(turn => turn.Rollout != view?.Rollout).Select(static turn => turn.Because);
        return view is not null ? From(deviceId, view) with { Because = [.. waits, .. view.Because] }
            : turns is [var next, ..] ? new UpdateResponse
            {
                DeviceId = deviceId,
                Rollout = next.Rollout,
                Group = next.Group,
                Release = next.Release,
                Version = next.Version,
                Status = Words.Of(next.Status),
                Attempt = 0,
                WireId = 0,
                Because = [.. waits],
                History = [],
            }
            : null;
    }

    private static UpdateResponse From(string deviceId, DeviceUpdateView view) => new()
    {
        DeviceId = deviceId,
        Rollout = view.Rollout,
        Group = view.Group,
        Release = view.Release,
        Version = view.Version,
        RunningVersion = view.RunningVersion,
        Status = Words.Of(view.Status),
        Since = view.Since,
        Deadline = view.Deadline,
        Attempt = view.Attempt,
        WireId = view.WireId,
        Reason = view.Reason,
        Because = view.Because,
        Percent = view.Percent,
        LastKnownGood = view.LastKnownGood,
        History = [],
    };
}

/// <summary>One step of a device's update.</summary>
internal sealed record StepResponse
{
    /// <summary>Rising over all updates of the device.</summary>
    public required long Sequence { get; init; }

    public required string Rollout { get; init; }

    public required int Group { get; init; }

    public required int Attempt { get; init; }

    /// <summary>Equal to <see cref="To"/> for what was recorded and moved nothing.</summary>
    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What brought it about, one word.</summary>
    public required string Trigger { get; init; }

    /// <summary>device, engine, rollout, or a principal's name.</summary>
    public required string Actor { get; init; }

    /// <summary>Why, or what was said.</summary>
    public string? Evidence { get; init; }

    public string? Release { get; init; }

    /// <summary>Why it ended; absent before.</summary>
    public string? Reason { get; init; }

    internal static StepResponse Of(UpdateStep step) => new()
    {
        Sequence = step.Sequence,
        Rollout = step.Rollout,
        Group = step.Group,
        Attempt = step.Attempt,
        From = Words.Of(step.From),
        To = Words.Of(step.To),
        Time = step.At,
        Trigger = step.Trigger,
        Actor = step.Actor,
        Evidence = step.Evidence,
        Release = step.Release,
        Reason = step.Reason,
    };
}

/// <summary>Why an operator stops a device's update.</summary>
internal sealed partial class StopUpdateRequest : FieldsRequest, IRequestMessage<StopUpdateRequest>
{
    internal const string Example = """{ "reason": "WrongSite" }""";

    public static int MaxBytes => 4096;

    /// <summary>One word: 1 to 64 ASCII letters, digits, - and _.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>The rollout that is meant. Default the one that the device is at; one that it is not at is refused.</summary>
    public string? Rollout { get; private set; }

    public static StopUpdateRequest Parse(ReadOnlySpan<byte> json)
    {
        var request = new StopUpdateRequest();
        JsonFields.ReadBody(json, request.Errors, request.Read);
        return request;
    }

    private void Read(JsonFields fields)
    {
        Rollout = fields.Text("rollout", 128);
        Reason = fields.Text("reason", 1024, required: true) ?? "";
        if (Reason.Length > 0 && !Word().IsMatch(Reason))
        {
            fields.Wrong("reason", "must be one word of 1 to 64 letters, digits, - and _");
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex Word();
}

/// <param name="Status">Where the update stands now.</param>
internal sealed record UpdateStatusResponse(string DeviceId, string? Rollout, string Status);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UpdateResponse))]
[JsonSerializable(typeof(UpdateStatusResponse))]
internal sealed partial class UpdateJson : JsonSerializerContext;
