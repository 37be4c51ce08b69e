using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>What is wrong with a device, from its making on.</summary>
internal enum FirmwareFault
{
    None,

    /// <summary>Says everything twice.</summary>
    Twice,

    /// <summary>Says an earlier step again after a later one.</summary>
    Late,

    /// <summary>The download never has the right hash.</summary>
    Hash,

    /// <summary>The install fails.</summary>
    Install,

    /// <summary>Goes silent after the install.</summary>
    NeverReturns,

    /// <summary>Boots the old image, and says so.</summary>
    OldImage,

    /// <summary>Runs the new image, and restarts over and over.</summary>
    Unhealthy,

    /// <summary>Says that it is done, and runs what it ran before.</summary>
    Lies,

    /// <summary>An operator withdraws its update while it downloads.</summary>
    Withdrawn,

    /// <summary>Does not keep running the new image, and cannot install the old one.</summary>
    Stuck,
}

/// <summary>What comes of a fault, however often the hub was killed meanwhile.</summary>
internal static class FirmwareFaults
{
    private static readonly (FirmwareFault Fault, double Share)[] Shares =
    [
        (FirmwareFault.Twice, 0.05), (FirmwareFault.Late, 0.05), (FirmwareFault.Hash, 0.02), (FirmwareFault.Install, 0.02), (FirmwareFault.NeverReturns, 0.005),
        (FirmwareFault.OldImage, 0.01), (FirmwareFault.Unhealthy, 0.01), (FirmwareFault.Lies, 0.005),
        (FirmwareFault.Withdrawn, 0.01), (FirmwareFault.Stuck, 0.005),
    ];

    /// <param name="random">Decides.</param>
    /// <param name="share">Of each fault; null for as many as a fleet of every day has.</param>
    internal static FirmwareFault Draw(Random random, double? share)
    {
        var at = random.NextDouble();
        foreach (var (fault, usual) in Shares)
        {
            if ((at -= share ?? usual) < 0) { return fault; }
        }

        return FirmwareFault.None;
    }

    internal static UpdateStatus EndOf(FirmwareFault fault) => fault switch
    {
        FirmwareFault.Hash or FirmwareFault.Install => UpdateStatus.Failed,
        FirmwareFault.NeverReturns => UpdateStatus.Unreachable,
        FirmwareFault.Withdrawn => UpdateStatus.Canceled,
        FirmwareFault.Stuck => UpdateStatus.Quarantined,
        FirmwareFault.OldImage or FirmwareFault.Unhealthy or FirmwareFault.Lies => UpdateStatus.RolledBack,
        _ => UpdateStatus.Succeeded,
    };
}
