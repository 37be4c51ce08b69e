namespace Muster.Simulation.Updates;

/// <summary>How a fleet updates.</summary>
internal sealed record UpdateOptions
{
    /// <summary>For <see cref="ManifestKey"/>: the hub's own key.</summary>
    internal const string HubsKey = "hub";

    /// <summary>By what believable times are divided; above 0.</summary>
    internal double Speed { get; init; } = 1;

    internal UpdateFaults Faults { get; init; } = UpdateFaults.None;

    /// <summary>Decides which devices have the faults.</summary>
    internal int Seed { get; init; } = 1;

    internal string Model { get; init; } = "fuel-pump";

    /// <summary>What a device runs that never reported a version.</summary>
    internal string SoftwareVersion { get; init; } = "1.0.0";

    /// <summary>A file with the public key that signs manifests, or <see cref="HubsKey"/>; null: signatures are not looked at.</summary>
    internal string? ManifestKey { get; init; }
}

/// <summary>How long things take on a device.</summary>
internal static class UpdateTimes
{
    /// <summary>How long a device is off when it reboots.</summary>
    internal static TimeSpan Reboot(double chance) => Between(3, 8, chance);

    /// <summary>How long a bad image runs until it fails.</summary>
    internal static TimeSpan UntilCrash(double chance) => Between(20, 40, chance);

    internal static TimeSpan Of(UpdateStep step, double chance) => step == UpdateStep.Installing ? Between(5, 15, chance) : Between(1, 3, chance);

    private static TimeSpan Between(double least, double most, double chance) => TimeSpan.FromSeconds(least + ((most - least) * chance));
}
