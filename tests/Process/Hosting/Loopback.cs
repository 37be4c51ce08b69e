namespace Muster.Hosting;

/// <summary>Addresses of our own machine, one for each hub, so that hubs with the same ports stand side by side.</summary>
internal static class Loopback
{
    private static int last = 24;

    internal static string Next() => $"127.0.0.{Interlocked.Increment(ref last)}";
}
