using System.Collections.Frozen;
using System.Reflection;
using Muster.CloudToDevice;
using Muster.Ddi;
using Muster.Deadlines;
using Muster.Events;
using Muster.Files;
using Muster.Gates;
using Muster.Mender;
using Muster.Placement;
using Muster.Releases;
using Muster.Rollouts;
using Muster.Routing;
using Muster.Storage.Log;
using Muster.Storage.Query;
using Muster.Telemetry;
using Muster.Updates;
using Muster.Upstream;

namespace Muster.Hosting;

/// <summary>Which keys mean something: a mistyped one that is passed over costs more than one that is refused.</summary>
internal static class KnownSettings
{
    private static readonly (string Section, Type Options)[] Sections =
    [
        (HubOptions.Section, typeof(HubOptions)), (PumpOptions.Section, typeof(PumpOptions)), (EventLogOptions.Section, typeof(EventLogOptions)),
        (FleetQueryOptions.Section, typeof(FleetQueryOptions)), (DeadlineOptions.Section, typeof(DeadlineOptions)),
        (RebalanceOptions.Section, typeof(RebalanceOptions)), (DeviceEventOptions.Section, typeof(DeviceEventOptions)),
        (CloudToDeviceOptions.Section, typeof(CloudToDeviceOptions)), (UpdateOptions.Section, typeof(UpdateOptions)), (GateOptions.Section, typeof(GateOptions)), (FilesOptions.Section, typeof(FilesOptions)),
        (RoutingOptions.Section, typeof(RoutingOptions)), (UpstreamOptions.Section, typeof(UpstreamOptions)),
        (DdiOptions.Section, typeof(DdiOptions)), (MenderOptions.Section, typeof(MenderOptions)),
        (RolloutOptions.Section, typeof(RolloutOptions)),
        (ReleaseOptions.Section, typeof(ReleaseOptions)),
    ];

    private static readonly string[] OpenEnds = ["Logging:", "OTEL_", SettingKeys.HostNames + ":"];

    internal static FrozenSet<string> Keys { get; } = typeof(SettingKeys).GetFields(BindingFlags.NonPublic | BindingFlags.Static)
        .Select(field => (string)field.GetRawConstantValue()!)
        .Concat(Sections.SelectMany(section => section.Options.GetProperties().Select(property => $"{section.Section}:{property.Name}")))
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>One line for each key that nothing reads.</summary>
    internal static IEnumerable<string> Errors(IEnumerable<string> keys) => keys
        .Where(key => !Keys.Contains(key) && !Array.Exists(OpenEnds, open => key.StartsWith(open, StringComparison.OrdinalIgnoreCase)))
        .Select(key => $"there is no setting {key} (docs/settings.md lists them)");
}
