using Muster.Errors;
using Orleans;
using Orleans.Runtime;

namespace Muster.Storage;

/// <summary>A grain as others are, with a document for its state.</summary>
[Alias("muster.tests.ICounterGrain")]
public interface ICounterGrain : IGrainWithStringKey
{
    /// <summary>Adds one; returns what is stored then.</summary>
    [Alias("Add")]
    Task<int> AddAsync();

    /// <summary>Which activation answers, and what it holds.</summary>
    [Alias("Get")]
    Task<(string Activation, int Value, int Bytes)> GetAsync();

    /// <summary>Changes the state to what cannot be stored, and makes nothing of the failure.</summary>
    [Alias("Overfill")]
    Task<bool> OverfillAsync();

    [Alias("Clear")]
    Task ClearAsync();
}

[GenerateSerializer, Immutable, Alias("muster.tests.Counter")]
public sealed record Counter
{
    [Id(0)] public int Value { get; init; }

    [Id(1)] public byte[] Filling { get; init; } = [];
}

[GrainType("test-counter")]
internal sealed class CounterGrain([PersistentState("state", StorageNames.Documents)] IPersistentState<Counter> counter) : Grain, ICounterGrain
{
    public async Task<int> AddAsync()
    {
        counter.State = counter.State with { Value = counter.State.Value + 1 };
        await counter.WriteStateAsync();
        return counter.State.Value;
    }

    public Task<(string Activation, int Value, int Bytes)> GetAsync() =>
        Task.FromResult((GrainContext.ActivationId.ToString(), counter.State.Value, counter.State.Filling.Length));

    public async Task<bool> OverfillAsync()
    {
        counter.State = counter.State with { Filling = new byte[DocumentLimits.MaxBytes] };
        try
        {
            await counter.WriteStateAsync();
            return true;
        }
        catch (DocumentTooBigException)
        {
            return false;
        }
    }

    public Task ClearAsync() => counter.ClearStateAsync();
}
