using System.Text;
using Muster.Devices;
using Muster.Sessions;
using Orleans.Runtime;

namespace Muster.Updates;

/// <summary>Every record that the machine can come to, and everything that can happen to it.</summary>
internal static class UpdateSpace
{
    internal static readonly DateTimeOffset Start = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    internal static readonly PlannedRelease New = Release("2.0.0");
    internal static readonly PlannedRelease Old = Release("1.0.0");
    internal static readonly PlannedRelease Golden = Release("0.9.0");

    internal static DevicePlan Plan { get; } = new()
    {
        Rollout = "r1",
        Release = New,
        Others = [Golden],
        Golden = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("P7", Golden.Id),
        Health = new HealthRule { Soak = TimeSpan.FromMinutes(30), MaxRestarts = 1, Tolerance = 2 },
        Retry = new RetryRule { Max = 1 },
    };

    internal static PlannedRelease Release(string version) => new()
    {
        Id = $"pump-fw@{version}",
        Name = "pump-fw",
        Version = version,
        AllowDowngrade = true,
        Models = ["P7"],
        Artifacts = [new PlannedArtifact { FileName = "pump.swu", Size = 1 << 20, Sha256 = new string('a', 64), Sha1 = new string('b', 40), Md5 = new string('c', 32) }],
    };

    internal static UpdateAssignment Assignment { get; } = new() { Rollout = "r1", Group = 0, Release = New.Id, Epoch = 1, IsGranted = true, Priority = 500 };

    internal static DeviceState Device(string version = "1.0.0", int restarts = 0, string model = "P7", string agent = "twin") => new()
    {
        Reported = TwinSection.Empty with
        {
            Json = Encoding.UTF8.GetBytes($$$"""{"deviceInformation":{"model":"{{{model}}}","hwRevision":"1","swVersion":"{{{version}}}","updateAgent":"{{{agent}}}"},"deviceHealth":{"restartCount":{{{restarts}}}}}"""),
        },
    };

    /// <summary>The status ends, whatever there was to be looked at before.</summary>
    internal static UpdateSignal AtDeadline { get; } = new UpdateSignal.DeadlinePassed();

    private static DeviceState Connected { get; } = Device() with
    {
        Session = SessionState.None with { Current = new SessionRef(SiloAddress.New(System.Net.IPAddress.Loopback, 1, 1), 1, 1) },
    };

    internal static UpdateContext Context(DeviceState? device = null, DateTimeOffset? now = null, DevicePlan? plan = null) =>
        new(plan ?? Plan, new DeviceFacts(device ?? Device()), now ?? Start) { Known = new Dictionary<string, PlannedRelease> { [Old.Id] = Old } };

    internal static DeviceUpdate Begun(UpdateAssignment? assignment = null, DevicePlan? plan = null) =>
        UpdateMachine.Assign(null, assignment ?? Assignment, Context(plan: plan)).Move!.Value.Next;

    /// <summary>What can happen, with what the device says of itself then.</summary>
    internal static IEnumerable<(UpdateSignal Signal, DeviceState Device)> Happenings(DeviceUpdate update)
    {
        foreach (var device in new[] { Device(), Device("2.0.0"), Device("2.0.0", restarts: 5), Device("0.9.0"), Device("7.7.7"), Connected })
        {
            foreach (var wireId in new[] { update.WireId, update.WireId - 1, update.WireId + 1 })
            {
                foreach (var agent in new[] { UpdateAgent.Twin, UpdateAgent.Rauc, UpdateAgent.Mender })
                {
                    foreach (var what in Enum.GetValues<AgentEvent>())
                    {
                        yield return (Said(wireId, what, agent), device);
                    }
                }
            }

            yield return (new UpdateSignal.Granted(), device);
            yield return (new UpdateSignal.FactsSeen(IsVersionTold: true), device);
            yield return (new UpdateSignal.FactsSeen(IsVersionTold: false), device);
            yield return (new UpdateSignal.Seen(), device);
            yield return (new UpdateSignal.DeadlinePassed(), device);
            yield return (AtDeadline, device);
            yield return (new UpdateSignal.CancelRequested("ann", "Test"), device);
            yield return (new UpdateSignal.RollBackRequested("ann", "Test"), device);
        }
    }

    internal static UpdateSignal.Reported Said(int wireId, AgentEvent what, UpdateAgent agent = UpdateAgent.Twin) =>
        new(new AgentReport { WireId = wireId, Event = what, Agent = agent });

    /// <summary>Records reached from an assignment by any happenings, those alike but for times and counts taken for one.</summary>
    internal static IReadOnlyList<DeviceUpdate> Reachable { get; } = Explore();

    /// <summary>Everything that can happen to each of them, and what it comes to.</summary>
    internal static IReadOnlyList<(DeviceUpdate Update, UpdateSignal Signal, DeviceState Device, UpdateMove Move)> Moves { get; } =
        [.. Reachable.SelectMany(static update => Happenings(update).Select(one => (update, one.Signal, one.Device, Next(update, one.Signal, one.Device))))];

    internal static UpdateMove Next(DeviceUpdate update, UpdateSignal signal, DeviceState device) =>
        UpdateMachine.Next(update, signal, Context(device, TimeOf(update, signal)));

    internal static DateTimeOffset TimeOf(DeviceUpdate update, UpdateSignal signal) =>
        (ReferenceEquals(signal, AtDeadline) ? update.Deadline : signal is UpdateSignal.DeadlinePassed ? update.Due : null) ?? update.Since;

    private static List<DeviceUpdate> Explore()
    {
        var (found, seen, open) = (new List<DeviceUpdate>(), new HashSet<string>(), new Queue<DeviceUpdate>());
        var plans = new[] { Assignment, Assignment with { IsGranted = false } };
        foreach (var assignment in plans)
        {
            Add(Begun(assignment));
        }

        while (open.TryDequeue(out var update))
        {
            foreach (var (signal, device) in Happenings(update))
            {
                Add(Next(update, signal, device).Next);
            }
        }

        return found;

        void Add(DeviceUpdate update)
        {
            if (seen.Add(Kind(update)))
            {
                found.Add(update);
                open.Enqueue(update);
            }
        }
    }

    private static string Kind(DeviceUpdate update) => string.Join('|', new object?[]
    {
        update.Status, update.IsGranted, update.IsReady, update.Attempt, update.Agent, update.IsConfirmed, update.Unwell, update.Reoffers, update.Back, update.StoppedAt,
        update.IsQuarantined, Math.Min(update.Strays, 1), update.Hold, update.HasToldVersion, update.IsInDoubt, update.LookAt is null, update.RestartsBefore > 0,
    });
}
