using System.Collections.Immutable;

namespace Muster.Simulation.Updates;

/// <summary>How far a device may go now without asking.</summary>
internal enum UpdatePermit
{
    Download,
    Install,
    Reboot,
}

/// <summary>One file of an update.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of the whole file.</param>
internal sealed record UpdateFile(string FileName, long Size, ImmutableArray<byte> Sha256, Uri Url);

/// <summary>What an update is for.</summary>
/// <param name="HardwareRevision">Null: any.</param>
internal sealed record UpdateTarget(string Model, string? HardwareRevision);

/// <summary>What a release says of itself.</summary>
/// <param name="Targets">Empty: any device.</param>
internal sealed record UpdateManifest(string Name, string Version, ImmutableArray<UpdateTarget> Targets, ImmutableArray<UpdateFile> Files)
{
    /// <summary>Bytes of all files.</summary>
    internal long Size => Files.Sum(file => file.Size);

    internal bool IsFor(string model, string revision) =>
        Targets.IsEmpty || Targets.Any(target => target.Model == model && (target.HardwareRevision ?? revision) == revision);
}

/// <summary>What the hub desires of a device: to go through one workflow, or to give it up.</summary>
internal sealed record UpdateOrder
{
    /// <summary>One per attempt. Every report carries it.</summary>
    internal required string WorkflowId { get; init; }

    internal bool IsCancel { get; init; }

    internal UpdatePermit Permit { get; init; }

    /// <summary>Whether it leads back to an older version.</summary>
    internal bool IsRollback { get; init; }

    /// <summary>Null for a cancel, and where <see cref="Problem"/> says why not.</summary>
    internal UpdateManifest? Manifest { get; init; }

    /// <summary>Why the manifest cannot be used; null if it can.</summary>
    internal string? Problem { get; init; }
}
