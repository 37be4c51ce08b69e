using System.Globalization;

namespace Muster.EventHubs;

/// <summary>What a receiver's position counts.</summary>
internal enum PositionKind
{
    /// <summary>The event's place in its partition; its sequence number and its offset are the same number here.</summary>
    Offset = 0,

    /// <summary>Milliseconds since 1970, UTC.</summary>
    EnqueuedTime = 1,

    /// <summary>Behind the last event that is there.</summary>
    Latest = 2,
}

/// <summary>Where a receiver begins.</summary>
/// <param name="Kind">What <paramref name="Value"/> counts.</param>
/// <param name="Value">0 for <see cref="PositionKind.Latest"/>.</param>
/// <param name="IsInclusive">True: at the value; false: behind it.</param>
internal readonly record struct EventPosition(PositionKind Kind, long Value, bool IsInclusive)
{
    /// <summary>With the oldest event that is there: what a receiver without a filter gets.</summary>
    internal static EventPosition Earliest { get; } = new(PositionKind.Offset, -1, IsInclusive: false);
}

/// <summary>
/// Reads Event Hubs' selectors: <c>amqp.annotation.x-opt-offset &gt; '-1'</c>, with <c>&gt;=</c> too, the value quoted or not; so for
/// <c>x-opt-sequence-number</c> and <c>x-opt-enqueued-time</c>; <c>'@latest'</c> for an offset.
/// </summary>
internal static class EventSelector
{
    private const string Prefix = "amqp.annotation.";
    private const int MaxLength = 256;

    /// <returns>Null for a position, or what is wrong with the text.</returns>
    internal static string? Parse(string text, out EventPosition position)
    {
        position = EventPosition.Earliest;
        if (text.Length > MaxLength)
        {
            return $"The selector is longer than {MaxLength} characters.";
        }

        var rest = text.AsSpan().Trim();
        var end = rest.IndexOfAny(' ', '>');
        if (end < 0 || !rest.StartsWith(Prefix, StringComparison.Ordinal) || KindOf(rest[Prefix.Length..end]) is not { } kind)
        {
            return $"The selector '{text}' does not begin with {Prefix}x-opt-offset, {Prefix}x-opt-sequence-number or {Prefix}x-opt-enqueued-time.";
        }

        var isOffset = rest[..end].EndsWith("offset", StringComparison.Ordinal);
        rest = rest[end..].TrimStart();
        if (rest is not ['>', ..])
        {
            return $"The selector '{text}' lacks the operator > or >= behind the annotation.";
        }

        var isInclusive = rest is ['>', '=', ..];
        var value = Unquoted(rest[(isInclusive ? 2 : 1)..].Trim());
        if (isOffset && value.SequenceEqual("@latest"))
        {
            position = new EventPosition(PositionKind.Latest, 0, isInclusive);
            return null;
        }

        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return $"The selector '{text}' has no whole number behind the operator.";
        }

        position = new EventPosition(kind, number, isInclusive);
        return null;
    }

    private static PositionKind? KindOf(ReadOnlySpan<char> annotation) => annotation switch
    {
        "x-opt-offset" or "x-opt-sequence-number" => PositionKind.Offset,
        "x-opt-enqueued-time" => PositionKind.EnqueuedTime,
        _ => null,
    };

    private static ReadOnlySpan<char> Unquoted(ReadOnlySpan<char> value) =>
        value is ['\'', .. var single, '\''] ? single : value is ['"', .. var twofold, '"'] ? twofold : value;
}
