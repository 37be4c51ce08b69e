namespace Muster.Local;

/// <summary>A started process.</summary>
internal interface INodeProcess : IAsyncDisposable
{
    int Pid { get; }

    /// <summary>Completes when it has ended, with its exit code: 128 and the signal's number if a signal ended it.</summary>
    Task<int> Exited { get; }

    /// <summary>Asks it to end and waits; after the launcher's patience it is killed.</summary>
    Task StopAsync();
}

/// <summary>Knows how to start one node.</summary>
internal interface INodeLauncher
{
    /// <exception cref="LocalException">It cannot be started.</exception>
    Task<INodeProcess> LaunchAsync(CancellationToken cancellationToken);

    /// <summary>Returns once it answers.</summary>
    Task WaitUntilReadyAsync(CancellationToken cancellationToken);

    /// <summary>The last line that says why it ended.</summary>
    string Why { get; }
}
