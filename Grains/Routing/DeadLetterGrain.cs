using System.Collections.Immutable;
using Muster.Storage;
using Orleans.Concurrency;

namespace Muster.Routing;

/// <summary>
/// The dead letters of one endpoint from one partition of the log, oldest first. Key: <c>endpoint/partition</c>. They are kept in pages, of which
/// there are <see cref="MaxPages"/>; then the oldest goes.
/// </summary>
[Alias("muster.IDeadLetterGrain")]
public interface IDeadLetterGrain : IGrainWithStringKey
{
    /// <summary>How many pages are kept.</summary>
    const int MaxPages = 64;

    /// <summary>Durable when it returns. Idempotent: offsets up to the newest one there are passed over.</summary>
    [Alias("Add")]
    Task AddAsync(ImmutableArray<DeadLetter> letters);

    /// <summary>Those behind an offset.</summary>
    [Alias("Read"), ReadOnly]
    Task<ImmutableArray<DeadLetter>> ReadAsync(long after, int max);

    [Alias("Count"), ReadOnly]
    Task<DeadLetterCount> CountAsync();

    [Alias("Clear")]
    Task ClearAsync();
}

/// <param name="Total">How many there are.</param>
/// <param name="Dropped">How many had to go.</param>
[GenerateSerializer, Immutable, Alias("muster.DeadLetterCount")]
public readonly record struct DeadLetterCount([property: Id(0)] long Total, [property: Id(1)] long Dropped);

/// <summary>Which pages there are.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeadLetterIndex")]
public sealed record DeadLetterIndex
{
    /// <summary>Oldest first; at most <see cref="IDeadLetterGrain.MaxPages"/>.</summary>
    [Id(0)] public ImmutableArray<DeadLetterPageEntry> Pages { get; init; } = [];

    /// <summary>Letters that went with their page.</summary>
    [Id(1)] public long Dropped { get; init; }
}

/// <param name="Number">From 0; the page's grain is that of the number modulo <see cref="IDeadLetterGrain.MaxPages"/>.</param>
/// <param name="LastOffset">The newest letter in it.</param>
/// <param name="Bytes">About how large its letters are.</param>
[GenerateSerializer, Immutable, Alias("muster.DeadLetterPageEntry")]
public readonly record struct DeadLetterPageEntry(
    [property: Id(0)] long Number, [property: Id(1)] long LastOffset, [property: Id(2)] int Count, [property: Id(3)] long Bytes);

[GrainType("dead-letters")]
internal sealed class DeadLetterGrain([PersistentState("index", StorageNames.Documents)] IPersistentState<DeadLetterIndex> storage) : Grain, IDeadLetterGrain
{
    private DeadLetterIndex index = new();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        index = storage.RecordExists ? storage.State : index;
        return Task.CompletedTask;
    }

    public async Task AddAsync(ImmutableArray<DeadLetter> letters)
    {
        var newest = index.Pages.IsEmpty ? -1 : index.Pages[^1].LastOffset;
        var rest = letters.Where(letter => letter.Event.Offset > newest).ToImmutableArray();
        while (!rest.IsEmpty)
        {
            var (next, count) = DeadLetterPages.Fit(index, rest);

            // The page before the index: what the index does not know yet is written again, in the same place.
            await Page(next.Pages[^1].Number).AddAsync(next.Pages[^1].Number, rest[..count]);
            storage.State = next;
            await storage.WriteStateAsync();
            index = next;
            rest = rest[count..];
        }
    }

    public async Task<ImmutableArray<DeadLetter>> ReadAsync(long after, int max)
    {
        var found = ImmutableArray.CreateBuilder<DeadLetter>();
        foreach (var entry in index.Pages.Where(entry => entry.LastOffset > after))
        {
            found.AddRange((await Page(entry.Number).ReadAsync(entry.Number)).Where(letter => letter.Event.Offset > after).Take(max - found.Count));
            if (found.Count == max)
            {
                break;
            }
        }

        return found.ToImmutable();
    }

    public Task<DeadLetterCount> CountAsync() => Task.FromResult(new DeadLetterCount(index.Pages.Sum(static entry => (long)entry.Count), index.Dropped));

    public async Task ClearAsync()
    {
        foreach (var entry in index.Pages)
        {
            await Page(entry.Number).ClearAsync();
        }

        if (storage.RecordExists)
        {
            await storage.ClearStateAsync();
        }

        index = new DeadLetterIndex();
        DeactivateOnIdle();
    }

    private IDeadLetterPageGrain Page(long number) =>
        GrainFactory.GetGrain<IDeadLetterPageGrain>($"{this.GetPrimaryKeyString()}/{number % IDeadLetterGrain.MaxPages}");
}
