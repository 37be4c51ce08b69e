using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using Muster.Cluster;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Muster.Hosting;

/// <summary>Holds what must be so for a cluster to survive its silos: the measured options here, and equal directories everywhere.</summary>
internal static class MembershipCheck
{
    /// <summary>The product's version without the commit.</summary>
    internal static string ProductVersion { get; } = (typeof(MembershipCheck).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+')[0];

    internal static void AddMembershipCheck(this ISiloBuilder silo)
    {
        silo.UseSiloMetadata(new Dictionary<string, string>
        {
            [SiloFacts.Version] = ProductVersion,
            [SiloFacts.DirectoryPartitions] = OrleansSettings.DirectoryPartitions.ToString(CultureInfo.InvariantCulture),
        });
        silo.Services.AddOptions<ClusterMembershipOptions>().ValidateOnStart()
            .Must(o => o.ProbeTimeout == TimeSpan.FromSeconds(2), "ProbeTimeout is 2 s: a killed silo is declared dead in about that time")
            .Must(o => o.MaxProbeTimeout == TimeSpan.FromSeconds(3), "MaxProbeTimeout is 3 s: with more a frozen silo is never evicted")
            .Must(o => o.NumMissedProbesLimit == 3, "NumMissedProbesLimit is 3: MaxProbeTimeout was chosen for it")
            .Must(o => o.IAmAliveTablePublishTimeout == TimeSpan.FromSeconds(5), "IAmAliveTablePublishTimeout is 5 s: with more the loss of two silos of three lasts minutes")
            .Must(o => o.TableRefreshTimeout == TimeSpan.FromSeconds(10), "TableRefreshTimeout is 10 s: with more the loss of two silos of three lasts minutes")
            .Must(o => o.NumVotesForDeathDeclaration == 2, "NumVotesForDeathDeclaration is 2: with one a silo that is cut off evicts all others")
            .Must(o => o is { EnableIndirectProbes: true, EnableConnectionLivenessCheck: true }, "indirect probes and the liveness check are on: they guard against one bad link and against pauses");
        silo.Services.AddOptions<GrainDirectoryOptions>().ValidateOnStart()
            .Must(o => o.RangeLeaseDuration == TimeSpan.Zero, "RangeLeaseDuration is 0: with a lease a dead silo's devices stay away for as long")
            .Must(o => o.PartitionsPerSilo == OrleansSettings.DirectoryPartitions, "PartitionsPerSilo is equal on all silos");
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, DirectoryCheck>();
    }

    private static OptionsBuilder<TOptions> Must<TOptions>(this OptionsBuilder<TOptions> options, Func<TOptions, bool> holds, string why)
        where TOptions : class => options.Validate(holds, $"Orleans is not set up as it must be: {why}");
}

/// <summary>Before it becomes active a silo asks the others how finely their directory is cut, and does not join one that is cut otherwise.</summary>
internal sealed class DirectoryCheck(
    IClusterMembershipService membership, ILocalSiloDetails silo, ISiloMetadataCache metadata, TimeProvider clock) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(DirectoryCheck), ServiceLifecycleStage.BecomeActive - 1, CheckAsync);

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        foreach (var member in membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(silo.SiloAddress)))
        {
            string? theirs = null;

            // One that does not answer is dead, or about to be declared so.
            while (theirs is null && clock.GetElapsedTime(started) < Patience)
            {
                theirs = metadata.GetSiloMetadata(member.SiloAddress).Metadata.GetValueOrDefault(SiloFacts.DirectoryPartitions);
                await Task.Delay(theirs is null ? Pause : TimeSpan.Zero, clock, cancellationToken);
            }

            if (theirs is not null && theirs != OrleansSettings.DirectoryPartitions.ToString(CultureInfo.InvariantCulture))
            {
                throw new StartupException(ExitCode.Usage,
                    $"silo {member.Name} cuts the grain directory into {theirs} parts, this one into {OrleansSettings.DirectoryPartitions}: stop all silos before such a change");
            }
        }
    }
}
