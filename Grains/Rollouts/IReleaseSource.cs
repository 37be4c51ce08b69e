using System.Collections.Immutable;
using Muster.Errors;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Where rollouts find releases. Thread-safe.</summary>
internal interface IReleaseSource
{
    /// <summary>Null if there is no such release, or it was never published, or was withdrawn.</summary>
    Task<PlannedRelease?> FindAsync(string release);

    /// <summary>As above, for a rollout that is yet to begin: null for a deprecated one as well.</summary>
    Task<PlannedRelease?> FindNewAsync(string release);

    /// <summary>Ids of all releases of that name, published or not.</summary>
    Task<IReadOnlyList<string>> NamedAsync(string name);

    /// <summary>Keeps a release from being deleted while a rollout may need it. Idempotent.</summary>
    /// <returns>Why not; null once it is kept.</returns>
    Task<Refusal?> PinAsync(string release, string rollout);

    /// <summary>Lets it go. Idempotent.</summary>
    Task UnpinAsync(string release, string rollout);

    /// <summary>Model to the id of its golden release, for those of the models that have one.</summary>
    Task<ImmutableDictionary<string, string>> GoldenAsync(IReadOnlyCollection<string> models);
}
