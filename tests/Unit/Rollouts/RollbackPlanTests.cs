using Muster.Updates;
using Xunit;

namespace Muster.Rollouts;

public sealed class RollbackPlanTests
{
    [Theory]
    [InlineData(UpdateStatus.Succeeded, null, true)]
    [InlineData(UpdateStatus.Unreachable, "AfterInstall", true)]
    [InlineData(UpdateStatus.Unreachable, "NotReached", false)]
    [InlineData(UpdateStatus.Failed, "VerifyTimeout", true)]
    [InlineData(UpdateStatus.Failed, "Unhealthy", true)]
    [InlineData(UpdateStatus.Failed, "VersionChanged", true)]
    [InlineData(UpdateStatus.Failed, "InstallTimeout", true)]
    [InlineData(UpdateStatus.Failed, "RollingBack", true)]
    [InlineData(UpdateStatus.Failed, "GateDenied", true)]
    [InlineData(UpdateStatus.Failed, "An operator's own words", true)]
    [InlineData(UpdateStatus.Failed, "DownloadTimeout", false)]
    [InlineData(UpdateStatus.Failed, "InstallFailed", false)]
    [InlineData(UpdateStatus.RolledBack, "LastKnownGood", false)]
    [InlineData(UpdateStatus.Canceled, "RolloutAborted", false)]
    public void A_rollback_takes_every_device_that_may_run_the_new_software(UpdateStatus status, string? reason, bool takes) =>
        Assert.Equal(takes, RollbackPlan.Takes(status, reason));
}
