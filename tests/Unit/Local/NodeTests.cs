using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Muster.Routing;
using Xunit;

namespace Muster.Local;

public sealed class NodeTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly WatchedClock clock = new();
    private readonly ConcurrentQueue<string> said = new();
    private readonly FakeLauncher launcher = new();
    private Node node;

    public NodeTests() => node = Create(restarts: true);

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task A_node_that_ended_is_started_again_after_5_seconds_and_not_before()
    {
        await ReadyAsync();
        launcher.Last.End(137);
        await IsAsync(NodeState.Restarting);
        while (clock.Pending == 0)
        {
            // It says what it is at before it waits.
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal((NodeState.Restarting, 1), (node.State, node.Starts));
        clock.Advance(TimeSpan.FromSeconds(0.2));
        await IsAsync(NodeState.Running);
        Assert.Equal(2, node.Starts);
        Assert.Contains("n ended (signal 9); it is started again in 5 s", said);
        await node.CloseAsync();
    }

    [Fact]
    public async Task A_stopped_node_stays_down_until_it_is_started()
    {
        await ReadyAsync();
        await node.StopAsync(TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((NodeState.Stopped, 1, null), (node.State, node.Starts, node.Pid));
        Assert.True(launcher.Last.WasAsked);
        Assert.True(await node.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal((NodeState.Running, 2), (node.State, node.Starts));
        await node.CloseAsync();
    }

    [Fact]
    public async Task Starting_a_node_that_waits_for_its_restart_does_not_wait()
    {
        await ReadyAsync();
        launcher.Last.End(1);
        await IsAsync(NodeState.Restarting);
        Assert.True(await node.StartAsync(TestContext.Current.CancellationToken));
        await node.CloseAsync();
    }

    [Fact]
    public async Task Stopping_a_node_that_waits_for_its_restart_keeps_it_down()
    {
        await ReadyAsync();
        launcher.Last.End(1);
        await IsAsync(NodeState.Restarting);
        await node.StopAsync(TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((NodeState.Stopped, 1), (node.State, node.Starts));
        await node.CloseAsync();
    }

    [Fact]
    public async Task Without_restarts_a_node_that_ended_stays_down()
    {
        node.Dispose();
        node = Create(restarts: false);
        await ReadyAsync();
        launcher.Last.End(0);
        await IsAsync(NodeState.Stopped);
        Assert.Equal(1, node.Starts);
        await node.CloseAsync();
    }

    [Fact]
    public async Task A_first_start_that_cannot_succeed_is_not_tried_again()
    {
        launcher.IsReady = false;
        node.Open();
        await launcher.StartedAsync();
        launcher.Last.End(ExitCode.Port);
        var fault = await Assert.ThrowsAsync<LocalException>(() => node.FirstReady);
        Assert.Equal(ExitCode.Port, fault.ExitCode);
        Assert.Contains("because", fault.Message, StringComparison.Ordinal);
        await IsAsync(NodeState.Stopped);
        await node.CloseAsync();
    }

    [Fact]
    public async Task A_node_is_stopped_while_it_starts()
    {
        launcher.IsReady = false;
        node.Open();
        await launcher.StartedAsync();
        await node.StopAsync(TestContext.Current.CancellationToken);
        Assert.True(launcher.Last.WasAsked);
        await node.CloseAsync();
    }

    private Node Create(bool restarts) => new(
        new NodePlan("n", NodeRole.Silo, IPAddress.Loopback, ImmutableSortedDictionary<string, int>.Empty),
        launcher,
        new NodeSettings(restarts, clock, said.Enqueue, () => { }));

    private Task ReadyAsync()
    {
        node.Open();
        return node.FirstReady.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private async Task IsAsync(NodeState state)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        await node.UntilAsync(() => node.State == state, patience.Token);
    }

    private sealed class FakeLauncher : INodeLauncher
    {
        private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal bool IsReady { get; set; } = true;

        internal FakeProcess Last { get; private set; } = new();

        public string Why => "because";

        internal Task StartedAsync() => started.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        public Task<INodeProcess> LaunchAsync(CancellationToken cancellationToken)
        {
            Last = new FakeProcess();
            started.TrySetResult();
            return Task.FromResult<INodeProcess>(Last);
        }

        public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => IsReady ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private sealed class FakeProcess : INodeProcess
    {
        private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Pid => 1;

        public Task<int> Exited => exited.Task;

        internal bool WasAsked { get; private set; }

        internal void End(int code) => exited.TrySetResult(code);

        public Task StopAsync()
        {
            WasAsked = true;
            End(0);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
