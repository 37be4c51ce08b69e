using Microsoft.Extensions.Options;

namespace Muster.Sessions;

/// <summary>How many device connections the silo holds at once, counted at accept, before anything was read or any TLS was spoken.</summary>
internal sealed class ConnectionLimit(IOptions<HubOptions> options)
{
    private int open;

    public int Max { get; } = options.Value.MaxConnections ?? FileLimit.DefaultMaxConnections();

    public int Open => Volatile.Read(ref open);

    /// <summary>False: one too many; close it, and do not call <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref open) <= Max)
        {
            return true;
        }

        Interlocked.Decrement(ref open);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref open);
}

/// <summary>The open-file limit of this process.</summary>
internal static class FileLimit
{
    private const int Unknown = 1024;
    private const int Largest = 1_000_000;

    /// <summary>80 % of the limit: the rest is for the store, the log, the cluster and operators.</summary>
    public static int DefaultMaxConnections() => (int)(0.8 * Read("/proc/self/limits"));

    /// <summary>10 % of the limit: as many as that are operators and back offices.</summary>
    public static int DefaultMaxHttpsConnections() => (int)(0.1 * Read("/proc/self/limits"));

    internal static int Read(string path)
    {
        if (!File.Exists(path))
        {
            return Unknown;
        }

        var line = File.ReadLines(path).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return soft == "unlimited" ? Largest : int.TryParse(soft, out var limit) ? Math.Min(limit, Largest) : Unknown;
    }
}
