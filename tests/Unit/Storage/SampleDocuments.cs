using Orleans;

namespace Muster.Storage;

[GenerateSerializer, Immutable, Alias("muster.tests.Document")]
public sealed record Document
{
    [Id(0)] public string Text { get; init; } = "none";

    [Id(1)] public byte[]? Bytes { get; init; }

    [Id(2)] public DateTimeOffset? At { get; init; }
}

/// <summary>The same document as a later program has it: a member more, one by another name, one that is gone.</summary>
[GenerateSerializer, Immutable, Alias("muster.tests.LaterDocument")]
public sealed record LaterDocument
{
    [Id(0)] public string Title { get; init; } = "none";

    [Id(2)] public DateTimeOffset? At { get; init; }

    [Id(3)] public int Attempts { get; init; } = 1;

    [Id(4)] public string[]? Labels { get; init; }
}

[GenerateSerializer, Immutable, Alias("muster.tests.DemandingDocument")]
public sealed record DemandingDocument([property: Id(0)] string Text);
