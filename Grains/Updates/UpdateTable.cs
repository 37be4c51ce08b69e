using System.Collections.Immutable;
using static Muster.Updates.UpdateStatus;

namespace Muster.Updates;

/// <summary>The device update machine as a table: every move that there is, and who makes it. What is not here does not happen; tests hold the machine and the docs to it.</summary>
internal static class UpdateTable
{
    internal static ImmutableArray<UpdateRow> Rows { get; } =
    [
        .. From(Planned, "rollout", Eligible, Skipped, Canceled),
        .. From(Eligible, "engine", AlreadyCurrent, Incompatible, Excluded, Gated, Offered, Skipped),
        .. From(Eligible, "rollout", Canceled, Superseded),
        .. From(Gated, "engine", Offered, Skipped),
        .. From(Gated, "rollout", Canceled, Superseded),
        .. From(Offered, "device", Accepted, Failed, Skipped),
        .. From(Offered, "deadline", Unreachable),
        .. From(Offered, "rollout", Canceled, Canceling),
        .. From(Accepted, "device", Downloading, Failed, Skipped),
        .. From(Accepted, "deadline", Offered),
        .. From(Accepted, "rollout", Canceling),
        .. From(Downloading, "device", Downloaded, Failed, Skipped),
        .. From(Downloading, "rollout", Canceling),
        .. From(Downloaded, "device", ReadyToInstall),
        .. From(ReadyToInstall, "device", Installing, Failed, Skipped),
        .. From(ReadyToInstall, "rollout", Canceling),
        .. From(Installing, "device", Installed, Failed),
        .. From(Installed, "device", Rebooting, RolledBack),
        .. From(Installed, "operator", RollingBack, Quarantined, Failed),
        .. From(Rebooting, "device", Verifying, RolledBack),
        .. From(Rebooting, "deadline", Unreachable),
        .. From(Rebooting, "operator", RollingBack, Quarantined, Failed),
        .. From(Verifying, "device", Soaking, RolledBack),
        .. From(Verifying, "deadline", RollingBack, Quarantined, Failed),
        .. From(Soaking, "engine", Succeeded, RollingBack, Quarantined, Failed),
        .. From(Soaking, "device", RolledBack),
        .. From(Canceling, "device", Canceled, Installing),
        .. From(RollingBack, "device", RolledBack, RollingBack, Quarantined),
        .. From(Failed, "engine", Eligible),
    ];

    /// <summary>Whether the one may follow on the other.</summary>
    internal static bool Has(UpdateStatus from, UpdateStatus to) => Rows.Any(row => row.From == from && row.To == to);

    private static IEnumerable<UpdateRow> From(UpdateStatus from, string by, params UpdateStatus[] to) => to.Select(status => new UpdateRow(from, status, by));
}

/// <param name="By">Who makes the move first of all: <c>rollout</c>, <c>engine</c>, <c>device</c>, <c>operator</c> or <c>deadline</c>.</param>
internal readonly record struct UpdateRow(UpdateStatus From, UpdateStatus To, string By);
