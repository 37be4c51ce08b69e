using System.Collections.Immutable;

namespace Muster.Errors;

/// <summary>Why a request changed nothing: IoT Hub's number and one sentence for people, with the ids in it.</summary>
[GenerateSerializer, Immutable, Alias("muster.Refusal")]
public sealed record Refusal([property: Id(0)] HubErrorCode Code, [property: Id(1)] string Message)
{
    /// <summary>How long to wait before the request is made again; null if nobody said.</summary>
    [Id(2)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What is wrong with each field, by its path in the body, such as <c>groups[0].percent</c>; null if the message says it all.</summary>
    [Id(3)]
    public ImmutableDictionary<string, string>? Errors { get; init; }

    /// <summary>The HTTP status of <see cref="Code"/>.</summary>
    public int HttpStatus => (int)Code / 1000;
}
