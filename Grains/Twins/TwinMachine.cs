using System.Globalization;
using System.Text;
using Muster.Devices;
using Muster.Errors;
using Muster.Json;
using Muster.Sessions;

namespace Muster.Twins;

/// <summary>What a twin request comes to.</summary>
internal abstract record TwinMove
{
    private TwinMove() { }

    /// <param name="Next">The state to be stored.</param>
    /// <param name="Desired">What the device is to be told; null if its desired properties did not change.</param>
    internal sealed record Moved(DeviceState Next, DesiredChange? Desired) : TwinMove
    {
        /// <summary>The patch of the tags, compact; null if they were not touched.</summary>
        internal JsonUtf8? Tags { get; init; }

        /// <summary>The patch of the reported properties, compact; null if they were not touched.</summary>
        internal JsonUtf8? Reported { get; init; }
    }

    internal sealed record Refused(Refusal Why) : TwinMove;
}

/// <summary>How twins change. Pure: no clock, no storage, no Orleans.</summary>
internal static class TwinMachine
{
    /// <summary>An operator changes tags and desired properties.</summary>
    internal static TwinMove Change(DeviceState state, TwinChange change, DateTimeOffset now)
    {
        if (!ETags.Matches(change.IfMatch, ETags.Twin(state.TwinVersion)))
        {
            return new TwinMove.Refused(Refusals.Changed($"The twin's etag is {ETags.Twin(state.TwinVersion)} by now; read it again."));
        }

        var next = state with { TwinVersion = state.TwinVersion + 1 };
        DesiredChange? push = null;
        JsonUtf8? tagsPatch = null;
        if (change.Tags is not null || change.Replace)
        {
            if (Merge(state.Tags, change.Tags, change.Replace, TwinPart.Tags) is var tags && tags.Problem is not null)
            {
                return Refused(tags.Problem);
            }

            next = next with { Tags = OrNull(tags.Json) };
            tagsPatch = tags.Patch;
        }

        if (change.Desired is not null || change.Replace)
        {
            var (section, patch, problem) = Merge(state.Desired, change.Desired, change.Replace, TwinPart.Desired, now);
            if (problem is not null)
            {
                return Refused(problem);
            }

            next = next with { Desired = section };
            push = new DesiredChange(new JsonUtf8(patch), section.Version);
        }

        return new TwinMove.Moved(next, push) { Tags = tagsPatch };
    }

    /// <summary>A device says what it is.</summary>
    internal static TwinMove Report(DeviceState state, JsonUtf8 patch, long? ifVersion, DateTimeOffset now)
    {
        if (ifVersion is { } version && version != state.Reported.Version)
        {
            return new TwinMove.Refused(Refusals.Changed($"The reported $version is {state.Reported.Version} by now; read the twin again."));
        }

        using var reader = new TwinReader(patch.Span, TwinPart.Reported);
        if (reader.Read() is { } problem)
        {
            return Refused(problem);
        }

        var next = Next(state.Reported, reader.Compact, replace: false, now);
        return TwinLimits.CheckSize(next.Json ?? "{}"u8, TwinPart.Reported) is { } tooLarge
            ? Refused(tooLarge)
            : new TwinMove.Moved(state with { TwinVersion = state.TwinVersion + 1, Reported = next, LastActivityAt = now }, Desired: null)
            {
                Reported = Compacted(patch, reader.Compact),
            };
    }

    /// <summary>
    /// What a report is answered whose time has passed; null if it is in time. While silos die or freeze, one may come after its device spoke again, on
    /// another connection or the same.
    /// </summary>
    /// <param name="origin">Of the report.</param>
    /// <param name="current">The device's session.</param>
    /// <param name="last">The last report that was taken, as far as this activation knows.</param>
    internal static ReportedReply? Late(ReportOrigin origin, SessionRef? current, ReportOrigin? last) =>
        current?.Epoch != origin.Epoch ? new ReportedReply.SessionOver()
        : last?.Epoch == origin.Epoch && origin.Sequence < last.Sequence
            ? new ReportedReply.Refused(new Refusal(HubErrorCode.ServiceUnavailable, "A later report was taken before this one, which was left out; send it again."))
        : null;

    private static TwinMove.Refused Refused(string problem) => new(Refusals.Invalid(problem));

    private static (byte[]? Json, JsonUtf8? Patch, string? Problem) Merge(byte[]? target, JsonUtf8? patch, bool replace, TwinPart part)
    {
        if (IsClearing(patch))
        {
            return (null, JsonUtf8.Null, null);
        }

        using var reader = new TwinReader(patch!.Span, part);
        if (reader.Read() is { } problem)
        {
            return (null, null, problem);
        }

        var merged = MergePatch.Apply(replace ? "{}"u8 : target ?? "{}"u8, reader.Compact);
        return (merged, Compacted(patch, reader.Compact), TwinLimits.CheckSize(merged, part));
    }

    private static (TwinSection Section, byte[] Patch, string? Problem) Merge(
        TwinSection target, JsonUtf8? patch, bool replace, TwinPart part, DateTimeOffset now)
    {
        using var reader = new TwinReader(IsClearing(patch) ? "{}"u8 : patch!.Span, part);
        if (reader.Read() is { } problem)
        {
            return (target, [], problem);
        }

        var isWhole = replace || IsClearing(patch);
        var next = Next(target, reader.Compact, isWhole, now);
        var json = next.Json ?? "{}"u8;
        return (next, WithVersion(isWhole ? json : reader.Compact, next.Version), TwinLimits.CheckSize(json, part));
    }

    // A section that is null clears where the change names it, and is empty where the change replaces all.
    private static bool IsClearing(JsonUtf8? section) => section is null || section.Span.Trim(" \t\r\n"u8).SequenceEqual("null"u8);

    /// <summary>The section after a patch of it, which is compact, or with the patch in its place.</summary>
    internal static TwinSection Next(TwinSection section, ReadOnlySpan<byte> patch, bool replace, DateTimeOffset now)
    {
        // A clock that was set back must not make a property look newer than the change that set it.
        var at = TwinMetadata.Truncate(now);
        at = section.UpdatedAt is { } before && before > at ? before : at;
        var elapsed = (long)(at - (section.UpdatedAt ?? at)).TotalMilliseconds;
        var trace = new TwinMetadataTrace(replace ? null : section.Metadata, elapsed, elapsedVersions: 1);
        try
        {
            var json = MergePatch.Apply(replace ? "{}"u8 : section.Json ?? "{}"u8, patch, ref trace);
            return new TwinSection { Json = OrNull(json), Metadata = trace.ToArray(), Version = section.Version + 1, UpdatedAt = at };
        }
        finally
        {
            trace.Dispose();
        }
    }

    // SDKs write compactly, so that mostly the patch itself will do.
    private static JsonUtf8 Compacted(JsonUtf8 patch, ReadOnlySpan<byte> compact) =>
        patch.Span.SequenceEqual(compact) ? patch : new JsonUtf8(compact.ToArray());

    private static byte[]? OrNull(byte[]? json) => json is { Length: > 2 } ? json : null;

    private static byte[] WithVersion(ReadOnlySpan<byte> json, long version)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{(json.Length > 2 ? "," : "")}\"$version\":{version}}}");
        var result = new byte[json.Length - 1 + text.Length];
        json[..^1].CopyTo(result);
        Encoding.ASCII.GetBytes(text, result.AsSpan(json.Length - 1));
        return result;
    }
}
