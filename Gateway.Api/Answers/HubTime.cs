using System.Globalization;

namespace Muster.Gateway;

/// <summary>Times as IoT Hub writes them.</summary>
internal static class HubTime
{
    /// <summary>What stands for never.</summary>
    internal const string Never = "0001-01-01T00:00:00";

    /// <summary>UTC, to a tick; null as <see cref="Never"/>.</summary>
    internal static string Text(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture) ?? Never;
}
