using System.Collections.Immutable;
using Muster.Storage;
using Orleans.Concurrency;

namespace Muster.Routing;

/// <summary>A page of dead letters. Key: <c>endpoint/partition/slot</c>; the slot is used again by later pages.</summary>
[Alias("muster.IDeadLetterPageGrain")]
public interface IDeadLetterPageGrain : IGrainWithStringKey
{
    /// <summary>Adds to the page of that number, in place of an older one. Idempotent: offsets that are there are passed over.</summary>
    [Alias("Add")]
    Task AddAsync(long number, ImmutableArray<DeadLetter> letters);

    /// <summary>Empty if there is no page of that number.</summary>
    [Alias("Read"), ReadOnly]
    Task<ImmutableArray<DeadLetter>> ReadAsync(long number);

    [Alias("Clear")]
    Task ClearAsync();
}

/// <summary>The letters of one page.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeadLetterPageState")]
public sealed record DeadLetterPageState
{
    [Id(0)] public long Number { get; init; } = -1;

    [Id(1)] public ImmutableArray<DeadLetter> Letters { get; init; } = [];
}

/// <summary>The end of a body that is too long for its page, which then holds that one letter.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeadLetterTail")]
public sealed record DeadLetterTail
{
    [Id(0)] public long Offset { get; init; } = -1;

    [Id(1)] public ReadOnlyMemory<byte> Body { get; init; }
}

[GrainType("dead-letter-page")]
internal sealed class DeadLetterPageGrain(
    [PersistentState("page", StorageNames.Documents)] IPersistentState<DeadLetterPageState> page,
    [PersistentState("tail", StorageNames.Documents)] IPersistentState<DeadLetterTail> tail) : Grain, IDeadLetterPageGrain
{
    public async Task AddAsync(long number, ImmutableArray<DeadLetter> letters)
    {
        var old = Current(number);
        var newest = old.IsEmpty ? -1 : old[^1].Event.Offset;
        var added = letters.Where(letter => letter.Event.Offset > newest).ToImmutableArray();
        if (added is [var only] && DeadLetterPages.Split(only) is var (head, rest) && !rest.IsEmpty)
        {
            tail.State = new DeadLetterTail { Offset = only.Event.Offset, Body = rest };
            await tail.WriteStateAsync();
            added = [head];
        }

        if (!added.IsEmpty)
        {
            page.State = new DeadLetterPageState { Number = number, Letters = old.AddRange(added) };
            await page.WriteStateAsync();
        }
    }

    public Task<ImmutableArray<DeadLetter>> ReadAsync(long number) => Task.FromResult(Current(number) switch
    {
        [var only] when tail.RecordExists && tail.State.Offset == only.Event.Offset => [DeadLetterPages.Join(only, tail.State.Body)],
        var letters => letters,
    });

    public async Task ClearAsync()
    {
        if (page.RecordExists)
        {
            await page.ClearStateAsync();
        }

        if (tail.RecordExists)
        {
            await tail.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    private ImmutableArray<DeadLetter> Current(long number) => page.RecordExists && page.State.Number == number ? page.State.Letters : [];
}
