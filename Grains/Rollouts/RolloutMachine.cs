using static Muster.Rollouts.RolloutSignal;
using static Muster.Rollouts.RolloutStatus;

namespace Muster.Rollouts;

/// <summary>What happens to a rollout.</summary>
internal enum RolloutSignal
{
    /// <summary>The author changes the plan.</summary>
    Edit,

    /// <summary>The author hands it to those who approve.</summary>
    Submit,

    /// <summary>The approval chain is done, or there is none.</summary>
    Approve,
    Reject,

    /// <summary>Nobody decided in time.</summary>
    Lapse,

    /// <summary>Nobody started in time what was approved: it is decided anew.</summary>
    Outdate,
    Withdraw,

    /// <summary>Started, for a later time.</summary>
    Schedule,

    /// <summary>Started, and its time has come.</summary>
    Begin,

    /// <summary>All members are written down.</summary>
    MembersWritten,
    Pause,
    Resume,

    /// <summary>A halt rule, a group or a gate says stop.</summary>
    Hold,
    Abort,
    RollBack,

    /// <summary>Every member is final.</summary>
    Drained,

    /// <summary>Its time is over.</summary>
    TimeOver,

    /// <summary>All close-outs are done, and every device is well.</summary>
    CloseWell,

    /// <summary>All close-outs are done; some device is not well.</summary>
    CloseWithFailures,

    /// <summary>The rollout that takes devices back is through, and all are back.</summary>
    TakenBack,
    NotTakenBack,
}

/// <summary>What follows on a signal.</summary>
internal abstract record RolloutMove
{
    private RolloutMove() { }

    internal sealed record Moved(RolloutStatus To) : RolloutMove;

    internal sealed record Unchanged : RolloutMove;

    internal sealed record Refused : RolloutMove;
}

/// <summary>The rollout machine. Pure: a status and a signal.</summary>
internal static class RolloutMachine
{
    private static readonly RolloutMove Unchanged = new RolloutMove.Unchanged();
    private static readonly RolloutMove Refused = new RolloutMove.Refused();

    internal static RolloutMove Next(RolloutStatus status, RolloutSignal signal) => (status, signal) switch
    {
        // Until it is started its author may change it, and whatever was approved is void then.
        (Draft or InReview or Approved, Edit) => To(Draft),
        (Draft, Submit) => To(InReview),
        (InReview or Approved, Submit) => Unchanged,
        (InReview, Approve) => To(Approved),
        (Approved, Approve) => Unchanged,
        (InReview, Reject) => To(Rejected),
        (InReview, Lapse) => To(Expired),
        (Approved, Outdate) => To(InReview),
        (Draft or InReview or Approved or Scheduled, Withdraw) => To(Withdrawn),
        (Withdrawn, Withdraw) => Unchanged,

        (Approved, Schedule) => To(Scheduled),
        (Approved or Scheduled, Begin) => To(Starting),
        (>= Scheduled and <= RollingBack, Schedule or Begin) => Unchanged,
        (Starting, MembersWritten) => To(Running),
        (>= Running and <= RollingBack, MembersWritten) => Unchanged,

        // An operator outranks a halt, and either outranks progress.
        (Running or Holding or Paused, Pause) => To(Paused),
        (Paused or Holding, Resume) => To(Running),
        (Running, Resume) => Unchanged,
        (Running, Hold) => To(Holding),
        (>= Starting and <= RollingBack, Hold) => Unchanged,

        (Scheduled or Starting or Running or Paused or Holding or Completing, Abort) => To(Aborting),
        (Aborting or Aborted, Abort) => Unchanged,
        (Starting or Running or Paused or Holding or Completing or Aborting, RollBack) => To(RollingBack),
        (RollingBack or RolledBack, RollBack) => Unchanged,

        // What was over, and turned out bad, can be taken back as well.
        (Completed or CompletedWithFailures or Aborted, RollBack) => To(RollingBack),

        (Running or Paused or Holding, Drained or TimeOver) => To(Completing),
        (Starting, TimeOver) => To(Completing),
        (Scheduled, TimeOver) => To(Completing),
        (Completing, Drained or TimeOver) => Unchanged,
        (Completing, CloseWell) => To(Completed),
        (Completing, CloseWithFailures) => To(CompletedWithFailures),
        (Aborting, Drained) => To(Aborted),
        (RollingBack, TakenBack) => To(RolledBack),
        (RollingBack, NotTakenBack) => To(RollbackFailed),

        _ => Refused,
    };

    private static RolloutMove.Moved To(RolloutStatus status) => new RolloutMove.Moved(status);
}
