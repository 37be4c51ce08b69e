using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Muster.Errors;
using Muster.Fixture;
using Muster.Gates;
using Muster.Updates;
using Orleans.Core.Internal;
using Xunit;

namespace Muster.Rollouts;

/// <summary>Three silos that run rollouts over members in memory and devices that do as the test says.</summary>
public sealed class RolloutFixture : IAsyncLifetime
{
    private readonly ClusterFixture cluster;
    private long batches = 1_000_000_000;

    public RolloutFixture()
    {
        Devices = new FakeDevices(Targets) { Progress = (rollout, batch) => Rollout(rollout).OnProgressAsync(batch) };
        cluster = new ClusterFixture
        {
            Settings = new() { ["Rollouts:TickEvery"] = "00:00:00.1", ["Rollouts:RetellEvery"] = "00:00:00.2", ["Rollouts:JoinEvery"] = "00:00:01", ["Rollouts:AdmitBatch"] = "7", ["Rollouts:MemberPage"] = "11" },
            More = silo => silo.Services.AddSingleton<IRolloutTargets>(Targets).AddSingleton<IRolloutDevices>(Devices).AddSingleton<IReleaseSource>(Releases).AddSingleton<TimeProvider>(Clock).AddSingleton<IGateCalls>(Calls),
        };
    }

    internal MemoryRolloutTargets Targets { get; } = new();

    internal FakeDevices Devices { get; }

    internal FakeReleases Releases { get; } = new();

    internal FakeGateCalls Calls { get; } = new();

    /// <summary>Of all silos.</summary>
    internal ShiftedClock Clock { get; } = new();

    public ValueTask InitializeAsync() => cluster.InitializeAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    internal IRolloutGrain Rollout(string id) => cluster.Cluster.Client.GetGrain<IRolloutGrain>(id);

    internal IRolloutGatesGrain Gates(string id) => cluster.Cluster.Client.GetGrain<IRolloutGatesGrain>(id);

    internal IRollbackGrain Rollback(string id) => cluster.Cluster.Client.GetGrain<IRollbackGrain>(id);

    internal IRolloutsGrain Rollouts => cluster.Cluster.Client.GetGrain<IRolloutsGrain>(0);

    /// <summary>A site of its own with so many devices, so that tests do not meet.</summary>
    internal string NewSite(int devices, Func<int, string>? site = null)
    {
        var name = $"s{Guid.NewGuid():N}"[..12];
        for (var i = 0; i < devices; i++)
        {
            Targets.Register(new TargetCandidate($"{name}-{i:000}", site?.Invoke(i) is { } sub ? sub : name, false, "P7", "1", "1.0.0", -1));
        }

        return name;
    }

    internal RolloutSpec Spec(string site) => new() { Name = site, Release = "fw@2.0.0", Target = new RolloutTarget { Condition = $"tags.site = '{site}'" } };

    /// <summary>Plans and starts a rollout.</summary>
    internal async Task<(string Id, IRolloutGrain Grain)> StartAsync(RolloutSpec spec)
    {
        var id = $"r-{Guid.NewGuid():N}"[..20];
        var grain = Rollout(id);
        Found(await grain.CreateAsync(spec, "ada"));
        Found(await grain.SubmitAsync("ada", null));
        Found(await grain.StartAsync("olga", null));
        return (id, grain);
    }

    internal static RolloutView Found(RolloutReply reply) => Assert.IsType<RolloutReply.Found>(reply).Rollout;

    internal async Task<RolloutView> ViewAsync(string id) => Found(await Rollout(id).GetAsync());

    internal Task StandsAsync(string id, params RolloutStatus[] statuses) => ComesToAsync(id, statuses, static () => Task.CompletedTask);

    /// <summary>Lets devices end until the rollout stands there.</summary>
    internal Task RunToAsync(string id, params RolloutStatus[] statuses) => ComesToAsync(id, statuses, () => Devices.FinishAsync(id));

    private async Task ComesToAsync(string id, RolloutStatus[] statuses, Func<Task> push)
    {
        RolloutView? last = null;
        try
        {
            await Eventually.HoldsAsync($"{id} is {string.Join(" or ", statuses)}", async () =>
            {
                await push();
                last = (await Rollout(id).GetAsync() as RolloutReply.Found)?.Rollout;
                return last is not null && Array.IndexOf(statuses, last.Status) >= 0;
            }, seconds: 90);
        }
        catch (Exception e) when (e is Xunit.Sdk.XunitException or OperationCanceledException)
        {
            Assert.Fail($"{e.Message}; it is {last?.Status} ({last?.Because}), {string.Join(", ", last?.Counts.Select(static count => $"{count.Key} {count.Value}") ?? [])}, in flight {last?.InFlight}");
        }
    }

    /// <summary>Ends the rollout's activation; what it does next it does from what is stored.</summary>
    internal async Task DropAsync(string id) => await Rollout(id).Cast<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken);

    /// <summary>The first write of the rollout that says this fails.</summary>
    internal void FailWriteOnce(string id, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var failed = 0;
        cluster.Documents.Writing = (key, payload) =>
        {
            if (key.Key.Contains(id, StringComparison.Ordinal) && payload.Span.IndexOf(bytes) >= 0 && Interlocked.Exchange(ref failed, 1) == 0)
            {
                throw new TimeoutException("The store does not answer.");
            }
        };
    }

    internal long NextBatch() => Interlocked.Increment(ref batches);
}

/// <summary>The system's clock, put forward by the test.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long shift;

    internal void Advance(TimeSpan by) => Interlocked.Add(ref shift, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref shift));
}

internal sealed class FakeReleases : IReleaseSource
{
    private readonly ConcurrentDictionary<(string, string), bool> pins = new();

    /// <summary>Releases that nobody can pin any more.</summary>
    internal ConcurrentDictionary<string, bool> Full { get; } = new();

    internal ConcurrentDictionary<string, bool> Withdrawn { get; } = new();

    internal ConcurrentDictionary<string, bool> Deprecated { get; } = new();

    internal string Golden { get; set; } = "fw@1.0.0";

    internal bool IsPinned(string rollout) => pins.Keys.Any(pin => pin.Item2 == rollout);

    internal bool IsPinned(string release, string rollout) => pins.ContainsKey((release, rollout));

    public Task<PlannedRelease?> FindNewAsync(string release) => Deprecated.ContainsKey(release) ? Task.FromResult<PlannedRelease?>(null) : FindAsync(release);

    public Task<IReadOnlyList<string>> NamedAsync(string name) => Task.FromResult<IReadOnlyList<string>>(["fw@1.0.0", "fw@1.5.0", "fw@2.0.0"]);

    public Task<PlannedRelease?> FindAsync(string release) => Task.FromResult(release.StartsWith("fw@", StringComparison.Ordinal) && !Withdrawn.ContainsKey(release)
        ? new PlannedRelease
        {
            Id = release,
            Name = "fw",
            Version = release[3..],
            Models = ["P7"],
            Artifacts = [new PlannedArtifact { FileName = "f", Size = 100, Sha256 = "a", Sha1 = "b", Md5 = "c" }],
        }
        : null);

    public Task<Refusal?> PinAsync(string release, string rollout)
    {
        if (Full.ContainsKey(release))
        {
            return Task.FromResult<Refusal?>(new Refusal(HubErrorCode.ReleasePinned, $"The release {release} is held by 256 already."));
        }

        pins[(release, rollout)] = true;
        return Task.FromResult<Refusal?>(null);
    }

    public Task UnpinAsync(string release, string rollout)
    {
        pins.TryRemove((release, rollout), out _);
        return Task.CompletedTask;
    }

    public Task<ImmutableDictionary<string, string>> GoldenAsync(IReadOnlyCollection<string> models) =>
        Task.FromResult(models.ToImmutableDictionary(static model => model, _ => Golden));
}
