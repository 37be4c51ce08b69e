using System.Globalization;

namespace Muster.Local;

/// <summary>Where PostgreSQL's programs are, and as whom they run.</summary>
internal static class PostgresPrograms
{
    private const string User = "postgres";
    private const int ReadAnyFolder = 2; // CAP_DAC_READ_SEARCH

    /// <summary>The folder of the newest installed version.</summary>
    /// <exception cref="LocalException">There is none.</exception>
    internal static string Find(string versions = "/usr/lib/postgresql") =>
        !Directory.Exists(versions) ? throw Missing() : Directory.EnumerateDirectories(versions)
            .Select(folder => (Folder: Path.Combine(folder, "bin"), Version: int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var n) ? n : 0))
            .Where(found => File.Exists(Path.Combine(found.Folder, "postgres")))
            .OrderByDescending(found => found.Version)
            .Select(found => found.Folder)
            .FirstOrDefault() ?? throw Missing();

    /// <summary>
    /// Options of setpriv(1) for all programs. PostgreSQL refuses to be root, so root becomes Debian's user postgres.
    /// Where that user may not enter <paramref name="folder"/> (a folder of root's, mode 0700), it gets the right to enter any, and no other.
    /// </summary>
    internal static async Task<IReadOnlyList<string>> PrivilegesAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return [];
        }

        string[] user = ["--reuid", User, "--regid", User, "--init-groups", "--reset-env"];
        var (code, _) = await Tool.RunAsync("/", ["setpriv", .. user, "--", "test", "-x", folder], "", cancellationToken);
        if (code == 0)
        {
            return user;
        }

        return HasCapability(File.ReadLines("/proc/self/status"))
            ? [.. user, "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
            : throw new LocalException(ExitCode.DataFolder, $"PostgreSQL runs as user {User}, which may not enter {folder}: choose a folder that everyone may enter");
    }

    /// <summary>Root's own folder for the server's user, or just a folder.</summary>
    internal static async Task OwnAsync(string folder, CancellationToken cancellationToken)
    {
        string[] owner = Environment.IsPrivilegedProcess ? ["-o", User, "-g", User] : [];
        await Tool.RequireAsync("/", ["install", "-d", "-m", "700", .. owner, folder], "", cancellationToken);
    }

    /// <summary>Writes a file that only the server's user (and root) may read.</summary>
    internal static async Task WriteAsync(string file, string content, CancellationToken cancellationToken)
    {
        string[] owner = Environment.IsPrivilegedProcess ? ["-o", User, "-g", User] : [];
        await Tool.RequireAsync("/", ["install", "-m", "600", .. owner, "/dev/stdin", file], content, cancellationToken);
    }

    private static bool HasCapability(IEnumerable<string> status) =>
        status.FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal)) is { } line
        && (Convert.ToUInt64(line[7..].Trim(), 16) >> ReadAnyFolder & 1) == 1;

    private static LocalException Missing() =>
        new(ExitCode.Missing, "PostgreSQL is missing: Debian's package is postgresql (apt-get install postgresql)");
}
