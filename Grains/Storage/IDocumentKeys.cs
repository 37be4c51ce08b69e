using System.Collections.Immutable;

namespace Muster.Storage;

/// <summary>Which documents there are. Thread-safe.</summary>
public interface IDocumentKeys
{
    /// <summary>Keys of the documents of one grain type, in ordinal order.</summary>
    /// <param name="grainType">As <c>[GrainType]</c> says.</param>
    /// <param name="name">The state's name.</param>
    /// <param name="after">The last key of the page before; null for the first page.</param>
    /// <param name="limit">How many at most, 1 to 1000.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<ImmutableArray<string>> ListAsync(string grainType, string name, string? after, int limit, CancellationToken cancellationToken);
}
