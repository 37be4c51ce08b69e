using Muster.Errors;

namespace Muster.ConsumerGroups;

/// <summary>A consumer group.</summary>
/// <param name="Name">As it was written when it was made; names that differ in case alone are the same.</param>
/// <param name="CreatedAt">UTC, the silo's clock; for <c>$Default</c>, when the hub was first asked for its groups.</param>
[GenerateSerializer, Immutable, Alias("muster.ConsumerGroup")]
public sealed record ConsumerGroup([property: Id(0)] string Name, [property: Id(1)] DateTimeOffset CreatedAt);

/// <summary>What became of a change to the groups.</summary>
[GenerateSerializer, Immutable, Alias("muster.ConsumerGroupReply")]
public abstract record ConsumerGroupReply
{
    private ConsumerGroupReply() { }

    /// <param name="Group">The group as it stands, or as it stood before it was deleted.</param>
    /// <param name="IsNew">True if this call made it.</param>
    [GenerateSerializer, Immutable, Alias("muster.ConsumerGroupReply.Accepted")]
    public sealed record Accepted([property: Id(0)] ConsumerGroup Group, [property: Id(1)] bool IsNew) : ConsumerGroupReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ConsumerGroupReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : ConsumerGroupReply;
}

/// <summary>What a consumer group may be called: Event Hubs' rule.</summary>
public static class ConsumerGroupName
{
    /// <summary>The group that is always there.</summary>
    public const string Default = "$Default";

    /// <summary>Groups there may be, <see cref="Default"/> counted.</summary>
    public const int MaxGroups = 20;

    private const int MaxLength = 50;

    /// <summary>True for 1 to 50 ASCII letters, digits and <c>. _ -</c> that begin and end in a letter or digit, and for <see cref="Default"/>.</summary>
    public static bool IsValid(string? name) =>
        name is { Length: >= 1 and <= MaxLength } && (IsDefault(name) ||
            (char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')));

    /// <summary>Whether this is <see cref="Default"/>, in any case.</summary>
    public static bool IsDefault(string? name) => string.Equals(name, Default, StringComparison.OrdinalIgnoreCase);
}
