namespace Muster.Survival.Rollouts;

/// <summary>A hub that is killed and comes back.</summary>
internal interface IMortal : IAsyncDisposable
{
    /// <summary>Null while it is down.</summary>
    IGrainFactory? Grains { get; }

    /// <summary>Its connection.json.</summary>
    HubTarget Hub { get; }

    /// <summary>True once it has ended by itself.</summary>
    bool IsDead { get; }

    /// <summary>SIGKILL, and up again.</summary>
    Task KillAsync(Random random, CancellationToken stop);
}
