namespace Muster.Simulation.Updates;

/// <summary>What goes wrong with a device's updates, on request.</summary>
internal enum UpdateFault
{
    None,

    /// <summary>The download breaks off half-way, once, and is resumed.</summary>
    Cut,

    /// <summary>What was downloaded is not what the manifest says.</summary>
    Hash,

    /// <summary>The installer fails.</summary>
    Install,

    /// <summary>Switches itself off to reboot, and is not heard of again.</summary>
    NeverReturns,

    /// <summary>The boot loader falls back to the image before.</summary>
    OldImage,

    /// <summary>Succeeds; then it runs hot and restarts again and again.</summary>
    Unhealthy,

    /// <summary>Claims to have installed what it does not run.</summary>
    Lies,

    /// <summary>Every report is sent twice.</summary>
    Twice,

    /// <summary>Reports of earlier steps are sent again after later ones.</summary>
    Late,

    /// <summary>Reports of neighbouring steps change places.</summary>
    Reorder,
}

/// <summary>What faults are called by those who ask for them.</summary>
internal static class UpdateFaultNames
{
    private static readonly (UpdateFault Fault, string Name)[] Names =
    [
        (UpdateFault.Cut, "cut"), (UpdateFault.Hash, "hash"), (UpdateFault.Install, "install"), (UpdateFault.NeverReturns, "never-returns"),
        (UpdateFault.OldImage, "old-image"), (UpdateFault.Unhealthy, "unhealthy"), (UpdateFault.Lies, "lies"), (UpdateFault.Twice, "twice"),
        (UpdateFault.Late, "late"), (UpdateFault.Reorder, "reorder"),
    ];

    /// <summary>All names, with commas between.</summary>
    internal static string All { get; } = string.Join(", ", Names.Select(pair => pair.Name));

    /// <summary>Null for <see cref="UpdateFault.None"/>.</summary>
    internal static string? NameOf(UpdateFault fault) => Array.Find(Names, pair => pair.Fault == fault).Name;

    /// <summary>Null if there is no such fault.</summary>
    internal static UpdateFault? Find(string name) => Array.Find(Names, pair => pair.Name == name) is { Name: not null } found ? found.Fault : null;
}
