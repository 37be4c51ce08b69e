namespace Muster.Mqtt;

/// <summary>How long a silent connection is kept (MQTT 3.1.1 section 3.1.2.10, IoT Hub's cap).</summary>
internal static class KeepAlive
{
    /// <summary>29.45 minutes: a longer keep-alive counts as this, and so does none, since everything here has a bound.</summary>
    public const int MaxSeconds = 1767;

    /// <summary>One and a half times the keep-alive.</summary>
    public static TimeSpan Allowance(ushort keepAliveSeconds) =>
        TimeSpan.FromSeconds(1.5 * (keepAliveSeconds == 0 ? MaxSeconds : Math.Min((int)keepAliveSeconds, MaxSeconds)));

    /// <summary>When to look at a connection again: null if it has been silent for too long or its token has lapsed.</summary>
    public static TimeSpan? NextLook(TimeSpan silence, TimeSpan allowance, TimeSpan? untilExpiry)
    {
        var quiet = allowance - silence;
        var next = untilExpiry < quiet ? untilExpiry.Value : quiet;
        return next > TimeSpan.Zero ? next : null;
    }
}
