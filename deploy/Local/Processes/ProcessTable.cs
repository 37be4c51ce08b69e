using System.Globalization;

namespace Muster.Local;

/// <summary>What the kernel tells of processes.</summary>
internal static class ProcessTable
{
    /// <summary>A process whose current folder is this one; null if there is none (that we may see).</summary>
    internal static int? FirstIn(string folder)
    {
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && FolderOf(pid) == folder)
            {
                return pid;
            }
        }

        return null;
    }

    /// <summary>The current folder of a process; null if it is gone, or not ours to see.</summary>
    internal static string? FolderOf(int pid)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cwd")).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>How many files this process, and so its children, may open.</summary>
    internal static int OpenFileLimit()
    {
        var line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture, out var limit) ? limit : 1_000_000;
    }
}
