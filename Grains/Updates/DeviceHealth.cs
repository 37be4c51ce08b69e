using System.Globalization;

namespace Muster.Updates;

/// <summary>Whether a device that soaks is well. Pure.</summary>
internal static class DeviceHealth
{
    /// <summary>Null if it is; else one sentence for the history.</summary>
    internal static string? WhyUnwell(HealthRule rule, DeviceFacts facts, int restartsBefore, DateTimeOffset now)
    {
        if (rule.Heartbeat is { } heartbeat && !(facts.LastActivityAt >= now - heartbeat))
        {
            return string.Create(CultureInfo.InvariantCulture, $"Nothing was heard of it for more than {heartbeat}.");
        }

        if (rule.MaxRestarts is { } most && facts.Restarts - restartsBefore > most)
        {
            return string.Create(CultureInfo.InvariantCulture, $"It restarted {facts.Restarts - restartsBefore} times, and {most} are allowed.");
        }

        foreach (var bound in rule.Bounds)
        {
            if (facts.Telemetry(bound.Field) is not { } value || value < bound.Min || value > bound.Max)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{bound.Field} is {facts.Telemetry(bound.Field)?.ToString(CultureInfo.InvariantCulture) ?? "no number"}, not from {bound.Min?.ToString(CultureInfo.InvariantCulture) ?? "-∞"} to {bound.Max?.ToString(CultureInfo.InvariantCulture) ?? "∞"}.");
            }
        }

        return null;
    }
}
