using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Muster.Storage.Documents;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Muster.Storage;

/// <summary>An engine of documents: the laws ask for nothing else.</summary>
public abstract class DocumentsUnderTest : IAsyncDisposable
{
    /// <summary>The engine; never the one of another test.</summary>
    internal abstract IDocumentStore Engine { get; }

    /// <summary>Makes an empty store ready.</summary>
    public abstract Task StartAsync();

    /// <summary>Ends the process, so to speak, and starts the next over the same data.</summary>
    public abstract Task RestartAsync();

    public abstract ValueTask DisposeAsync();
}

/// <summary>The grain storage over an engine, as a grain's activation sees it.</summary>
internal sealed class DocumentStorageUnderTest
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private readonly DocumentStorage storage;
    private readonly ActivationProbe? activation;

    /// <param name="engine">What it stores in.</param>
    /// <param name="grain">Whose activation calls; null: something that is no grain does.</param>
    public DocumentStorageUnderTest(IDocumentStore engine, GrainId? grain = null)
    {
        activation = grain is { } id ? ActivationProbe.Of(id) : null;
        storage = new DocumentStorage(
            engine,
            new DocumentCodec(Services.GetRequiredService<Serializer>()),
            Services.GetRequiredService<IActivatorProvider>(),
            new Accessor(activation),
            NullLogger<DocumentStorage>.Instance);
    }

    public bool ActivationEnded => activation!.Ended;

    public IGrainStorage Storage => storage;

    public async Task<GrainState<T>> ReadAsync<T>(GrainId grain, string name = "state")
    {
        var state = new GrainState<T>();
        await storage.ReadStateAsync(name, grain, state);
        return state;
    }

    public async Task<GrainState<T>> CreateAsync<T>(GrainId grain, T document, string name = "state")
    {
        var state = new GrainState<T>(document);
        await storage.WriteStateAsync(name, grain, state);
        return state;
    }

    public Task WriteAsync<T>(GrainId grain, GrainState<T> state, T document)
    {
        state.State = document;
        return storage.WriteStateAsync("state", grain, state);
    }

    public Task ClearAsync<T>(GrainId grain, GrainState<T> state) => storage.ClearStateAsync("state", grain, state);

    private sealed class Accessor(ActivationProbe? activation) : IGrainContextAccessor
    {
        public IGrainContext GrainContext => (IGrainContext)(object)activation!;
    }
}

/// <summary>An activation that does nothing but to note that it was told to end.</summary>
public class ActivationProbe : DispatchProxy
{
    private GrainId grain;

    public bool Ended { get; private set; }

    public static ActivationProbe Of(GrainId grain)
    {
        var probe = (ActivationProbe)(object)Create<IGrainContext, ActivationProbe>();
        probe.grain = grain;
        return probe;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Ended |= targetMethod!.Name == nameof(IGrainContext.Deactivate);
        return targetMethod.Name == "get_GrainId" ? grain : null;
    }
}

/// <summary>An engine whose next change fails in a chosen way.</summary>
internal sealed class FaultyDocuments(IDocumentStore engine) : IDocumentStore
{
    private Exception? fault;
    private bool takesEffect;

    /// <param name="why">What the store says.</param>
    /// <param name="afterwards">True if the change is stored all the same.</param>
    public void FailNext(Exception why, bool afterwards) => (fault, takesEffect) = (why, afterwards);

    public Task<StoredDocument?> ReadAsync(DocumentKey key) => engine.ReadAsync(key);

    public Task<string?> WriteAsync(DocumentKey key, ReadOnlyMemory<byte> payload, string? etag) => ChangeAsync(() => engine.WriteAsync(key, payload, etag));

    public Task<bool> DeleteAsync(DocumentKey key, string? etag) => ChangeAsync(() => engine.DeleteAsync(key, etag));

    public Task<ImmutableArray<string>> ListAsync(string grainType, string name, string? after, int limit, CancellationToken cancellationToken) =>
        engine.ListAsync(grainType, name, after, limit, cancellationToken);

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change)
    {
        if (Interlocked.Exchange(ref fault, null) is not { } why)
        {
            return await change();
        }

        if (takesEffect)
        {
            await change();
        }

        throw why;
    }
}
