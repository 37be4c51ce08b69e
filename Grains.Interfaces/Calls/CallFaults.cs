using Muster.Errors;
using Muster.Fleet;
using Orleans.Serialization;
using Orleans.Storage;

namespace Muster.Calls;

/// <summary>What a failed call to a grain says about the work that was asked for.</summary>
public enum CallOutcome
{
    /// <summary>No transient fault: asking again brings the same.</summary>
    Final = 0,

    /// <summary>It did not run, or left nothing behind.</summary>
    NotRun,

    /// <summary>It may have run to its end, in part, or not at all.</summary>
    Unknown,
}

/// <summary>Reads the faults that callers of grains see while silos come and go.</summary>
public static class CallFaults
{
    /// <summary>
    /// A rejected message was not run. A silo that was declared dead while the answer was awaited, and a time-out, say nothing. So does a cancellation
    /// that nobody asked for: Orleans' directory throws it while a range of it changes hands.
    /// </summary>
    public static CallOutcome Judge(Exception fault) => fault switch
    {
        NotAppliedException or InconsistentStateException => CallOutcome.NotRun,
        SiloUnavailableException => CallOutcome.Unknown,
        OrleansMessageRejectionException or GatewayTooBusyException => CallOutcome.NotRun,
        LimitExceededException or FleetBusyException or DocumentTooBigException => CallOutcome.Final,
        OrleansException or TimeoutException or OperationCanceledException => CallOutcome.Unknown,

        // Some fault of another silo that has no form on the wire.
        UnavailableExceptionFallbackException => CallOutcome.Unknown,
        _ => CallOutcome.Final,
    };

    /// <summary>Whether it is the cluster that failed, and not the request or the program: asking again later may bring something else.</summary>
    public static bool IsTransient(Exception fault) => fault is LimitExceededException or FleetBusyException || Judge(fault) != CallOutcome.Final;

    /// <summary>Whether the call that failed so may be made again.</summary>
    public static bool MayRepeat(Exception fault, Repeat repeat) => Judge(fault) switch
    {
        CallOutcome.NotRun => true,
        CallOutcome.Unknown => repeat == Repeat.Always,
        _ => false,
    };
}

/// <summary>When a call may be made again.</summary>
public enum Repeat
{
    /// <summary>
    /// Only if it did not run. For what counts each time it is done: a twin change that ran twice would take two version numbers, of which its caller
    /// learns one; a method would run twice on the device.
    /// </summary>
    IfNotRun = 0,

    /// <summary>Whatever became of it. For reads, and for what is the same done twice.</summary>
    Always,
}
