using System.Globalization;

namespace Muster.Updates;

/// <summary>Whether a device that soaks is well. Pure.</summary>
internal static class DeviceHealth
{
    /// <summary>Null if it is; else one sentence for the history.</summary>
    /// <param name="rule">The plan's.</param>
    /// <param name="facts">What the device's row says now.</param>
    /// <param name="restartsBefore">What it had counted when the soak began.</param>
    /// <param name="now">UTC.</param>
    /// <param name="since">When the soak began: what telemetry said before that is not of the new software.</param>
    internal static string? WhyUnwell(HealthRule rule, DeviceFacts facts, int restartsBefore, DateTimeOffset now, DateTimeOffset since)
    {
        if (rule.Heartbeat is { } heartbeat && !(facts.LastActivityAt >= now - heartbeat))
        {
            return string.Create(CultureInfo.InvariantCulture, $"Nothing was heard of it for more than {heartbeat}.");
        }

        if (rule.MaxRestarts is { } most && facts.Restarts - restartsBefore > most)
        {
            return string.Create(CultureInfo.InvariantCulture, $"It restarted {facts.Restarts - restartsBefore} times, and {most} are allowed.");
        }

        // A value that has not come yet is waited for until the soak is over.
        var isOver = now >= since + rule.Soak;
        foreach (var bound in rule.Bounds)
        {
            var reading = facts.Telemetry(bound.Field) is { } last && last.At >= since ? last : (TelemetryReading?)null;
            if (reading is { } said ? !said.IsWithin(bound) : isOver)
            {
                return WhyOut(bound, reading?.Value);
            }
        }

        return null;
    }

    private static string WhyOut(TelemetryBound bound, double? value) => string.Create(
        CultureInfo.InvariantCulture, $"{bound.Field} is {Text(value) ?? "no number"}, not from {Text(bound.Min) ?? "-∞"} to {Text(bound.Max) ?? "∞"}.");

    private static string? Text(double? number) => number?.ToString(CultureInfo.InvariantCulture);
}
