using CsCheck;
using Xunit;

namespace Muster.Simulation.Updates;

/// <summary>What holds whatever happens, in whatever order, with whatever fault.</summary>
public sealed class UpdateAgentLawTests
{
    private static readonly UpdateOrder[] Known =
    [
        .. from id in new[] { "1", "2" } from permit in Enum.GetValues<UpdatePermit>() select Orders.Process(id, permit, $"{id}.5"),
        Orders.Cancel("1"), Orders.Cancel("2"), Orders.Process("3") with { Manifest = null, Problem = "torn" },
    ];

    private static readonly AgentEvent[] Alphabet =
    [
        Orders.Desire(null), .. Known.Select(Orders.Desire), new AgentEvent.Booted(), new AgentEvent.CrashDue(),
        .. from id in new[] { "1", "2", "9" } from happened in Of(id) select happened,
        .. Enum.GetValues<UpdateFault>().Select(fault => new AgentEvent.FaultChosen(fault)),
    ];

    [Fact]
    public void It_never_installs_or_reboots_for_an_update_without_a_permit() => EveryHistory((_, past) =>
    {
        var permits = new Dictionary<string, UpdatePermit>();
        foreach (var (happened, step) in past)
        {
            if (happened is AgentEvent.Desired { Order: { IsCancel: false } order })
            {
                permits[order.WorkflowId] = Max(order.Permit, permits.GetValueOrDefault(order.WorkflowId));
            }

            foreach (var report in Reports(step).Where(report => report.Job is { IsUnderWay: true, Step: UpdateStep.Installing or UpdateStep.Rebooting }))
            {
                var needed = report.Job.Step == UpdateStep.Installing ? UpdatePermit.Install : UpdatePermit.Reboot;
                Assert.True(permits[report.Job.Order.WorkflowId] >= needed);
            }
        }
    });

    [Fact]
    public void It_never_installs_twice_for_one_workflow() => EveryHistory((_, past) => Assert.All(
        past.SelectMany(moment => moment.Step.Actions).OfType<AgentAction.Wait>().Where(wait => wait.Step == UpdateStep.Installing).GroupBy(wait => wait.WorkflowId),
        installs => Assert.Single(installs)));

    [Fact]
    public void What_is_desired_again_changes_nothing() => EveryHistory((state, _) => Assert.All(Known, order =>
    {
        var once = UpdateAgent.Next(state, Orders.Desire(order)).State;
        var twice = UpdateAgent.Next(once, Orders.Desire(order));
        Assert.Empty(twice.Actions);
        Assert.Equal(once, twice.State);
    }));

    [Fact]
    public void Nothing_is_said_of_a_workflow_after_its_end() => EveryHistory((_, past) =>
    {
        var ended = new HashSet<string>();
        foreach (var report in past.SelectMany(moment => Reports(moment.Step)))
        {
            Assert.True(report.State != 6 || !ended.Contains(report.Job.Order.WorkflowId));
            ended.UnionWith(report.State == 6 ? [] : [report.Job.Order.WorkflowId]);
        }
    });

    [Fact]
    public void Word_of_a_workflow_that_it_does_not_have_changes_nothing() => EveryHistory((state, _) => Assert.All(Of("9"), stray =>
        Assert.Equal((state, 0), (UpdateAgent.Next(state, stray).State, UpdateAgent.Next(state, stray).Actions.Length))));

    [Fact]
    public void It_downloads_for_the_workflow_that_it_is_at_and_for_no_other() => EveryHistory((_, past) =>
    {
        foreach (var (_, step) in past)
        {
            Assert.DoesNotContain(step.Actions, action => action is AgentAction.Download(var id, _, _) && step.State.Job!.Order.WorkflowId != id);
        }
    });

    private static IEnumerable<AgentReport> Reports(AgentStep step) => step.Actions.OfType<AgentAction.Report>().Select(action => action.Message);

    private static UpdatePermit Max(UpdatePermit one, UpdatePermit other) => one > other ? one : other;

    private static AgentEvent[] Of(string id) =>
    [
        new AgentEvent.Progressed(id, 60), new AgentEvent.DownloadEnded(id, null), new AgentEvent.DownloadEnded(id, DownloadProblem.Checksum),
        new AgentEvent.Elapsed(id, UpdateStep.Installing), new AgentEvent.Elapsed(id, UpdateStep.Confirming),
    ];

    private static void EveryHistory(Action<AgentState, IReadOnlyList<(AgentEvent Happened, AgentStep Step)>> law) =>
        Gen.Select(Gen.Enum<UpdateFault>(), Gen.Int[0, Alphabet.Length - 1].List[0, 40]).Sample((fault, letters) =>
        {
            var state = Orders.Device(fault);
            var past = new List<(AgentEvent, AgentStep)>();
            foreach (var happened in letters.Select(letter => Alphabet[letter]))
            {
                var step = UpdateAgent.Next(state, happened);
                past.Add((happened, step));
                state = step.State;
            }

            law(state, past);
        });
}
