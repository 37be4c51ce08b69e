namespace Muster.Simulation.Load;

/// <summary>What the load is offered to.</summary>
internal interface ILoadTarget : IAsyncDisposable
{
    /// <summary>Makes sure that the devices are registered.</summary>
    Task RegisterAsync(CancellationToken cancellationToken);

    /// <summary>Carries one operation out; returns when the hub has answered that it is done.</summary>
    /// <param name="device">0 to the number of devices - 1.</param>
    /// <exception cref="LoadFailedException">The hub said no, or nothing.</exception>
    Task RunAsync(LoadKind kind, int device, CancellationToken cancellationToken);

    /// <summary>True for kinds that this way to the hub has.</summary>
    bool Has(LoadKind kind);
}

/// <summary>An operation failed; the message is the reason by which failures are counted.</summary>
internal sealed class LoadFailedException(string message) : Exception(message);
