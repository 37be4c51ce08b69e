namespace Muster.Hosting;

/// <summary>The kernel's list of processes.</summary>
internal static class RunningProcesses
{
    /// <summary>Whether it runs; a zombie does not.</summary>
    internal static bool IsRunning(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until no process has its current folder in this one, so that it can be removed.</summary>
    internal static Task UntilNoneInAsync(string folder) =>
        Eventually.TrueAsync($"the last process in {folder} to end", () => !Directory.EnumerateDirectories("/proc").Any(process => IsIn(process, folder)));

    private static bool IsIn(string process, string folder)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
