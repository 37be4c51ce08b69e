namespace Muster.Local;

/// <summary>Starts the cluster's PostgreSQL.</summary>
internal sealed class PostgresLauncher(NodePlan plan, string folder, LogFile log) : INodeLauncher
{
    /// <summary>Known once the server has been started for the first time: it makes its own password.</summary>
    internal string? ConnectionString { get; private set; }

    public string Why { get; private set; } = "see its log";

    public async Task<INodeProcess> LaunchAsync(CancellationToken cancellationToken)
    {
        var server = await PostgresServer.StartAsync(folder, plan.At("postgres"), PostgresTuning.Cluster, Log, cancellationToken);
        ConnectionString = server.ConnectionString();
        return new Running(server);
    }

    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Log(string line)
    {
        log.Append(line);
        Why = line;
    }

    private sealed class Running(PostgresServer server) : INodeProcess
    {
        public int Pid { get; } = server.ProcessId;

        public Task<int> Exited { get; } = server.Exited;

        public async Task StopAsync()
        {
            await server.StopAsync();
            await Exited;
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
