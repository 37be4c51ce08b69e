using Muster.Errors;
using Muster.Fleet;
using Orleans.Runtime;
using Orleans.Storage;
using Xunit;

namespace Muster.Calls;

public sealed class CallFaultsTests
{
    public static TheoryData<Exception, CallOutcome> Faults => new()
    {
        { Rejections.New(), CallOutcome.NotRun },
        { new GatewayTooBusyException(), CallOutcome.NotRun },
        { new InconsistentStateException("x"), CallOutcome.NotRun },
        { new NotAppliedException("x"), CallOutcome.NotRun },
        { new SiloUnavailableException("x"), CallOutcome.Unknown },
        { new TimeoutException(), CallOutcome.Unknown },
        { new OperationCanceledException(), CallOutcome.Unknown },
        { new OrleansException("the store failed"), CallOutcome.Unknown },
        { new LimitExceededException("x"), CallOutcome.Final },
        { new DocumentTooBigException("x"), CallOutcome.Final },
        { new FleetBusyException("x", TimeSpan.FromSeconds(1)), CallOutcome.Final },
        { new ArgumentException("x"), CallOutcome.Final },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Only_a_call_that_was_turned_away_is_known_not_to_have_run(Exception fault, CallOutcome outcome)
    {
        Assert.Equal(outcome, CallFaults.Judge(fault));
        Assert.Equal(outcome == CallOutcome.NotRun, CallFaults.MayRepeat(fault, Repeat.IfNotRun));
        Assert.Equal(outcome != CallOutcome.Final, CallFaults.MayRepeat(fault, Repeat.Always));
    }
}
