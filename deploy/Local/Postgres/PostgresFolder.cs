using System.Globalization;
using System.Security.Cryptography;

namespace Muster.Local;

/// <summary>
/// What a server keeps: <c>data</c>, and <c>password</c> of its user (mode 0600). A password rather than trust: a loopback address is open to every
/// user of the machine. There are no unix sockets, so nothing collides in a shared folder and no path can be too long for one.
/// </summary>
internal sealed record PostgresFolder(string Path, string Programs, IReadOnlyList<string> Privileges, string Password)
{
    internal const string User = "muster";
    private static readonly TimeSpan OthersPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    internal string Data => DataOf(Path);

    /// <summary>Opens the folder; makes it first where there is none. A half-made one is made again.</summary>
    internal static async Task<PostgresFolder> OpenAsync(string path, PostgresTuning tuning, CancellationToken cancellationToken)
    {
        var programs = PostgresPrograms.Find();
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_001_001);
        }

        // Processes are found by the folder that they are in, which the kernel tells without links.
        path = (await Tool.RequireAsync("/", ["realpath", path], "", cancellationToken)).Trim();
        var privileges = await PostgresPrograms.PrivilegesAsync(path, cancellationToken);
        var passwordFile = System.IO.Path.Combine(path, "password");
        var data = DataOf(path);
        await WaitForOthersAsync(data, cancellationToken);
        if (!File.Exists(Marker(path)))
        {
            Remake(data);
            await PostgresPrograms.OwnAsync(data, cancellationToken);
            await PostgresPrograms.WriteAsync(passwordFile, RandomNumberGenerator.GetHexString(40, lowercase: true), cancellationToken);
            await InitializeAsync(programs, privileges, data, passwordFile, tuning, cancellationToken);
            await File.WriteAllTextAsync(Marker(path), "", cancellationToken);
        }

        CheckVersion(programs, data);
        return new PostgresFolder(path, programs, privileges, (await File.ReadAllTextAsync(passwordFile, cancellationToken)).Trim());
    }

    private static string DataOf(string path) => System.IO.Path.Combine(path, "data");

    // Written after initdb has ended: it may be killed half-way.
    private static string Marker(string path) => System.IO.Path.Combine(path, "initialized");

    private static void Remake(string data)
    {
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static Task<string> InitializeAsync(
        string programs, IReadOnlyList<string> privileges, string data, string passwordFile, PostgresTuning tuning, CancellationToken cancellationToken)
    {
        string[] options =
        [
            "-D", data, "-U", User, $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--locale=C", "--encoding=UTF8",
            "--no-instructions", .. tuning.SyncsNewFiles ? Array.Empty<string>() : ["--no-sync"],
        ];
        return Tool.RequireAsync("/", ["setpriv", .. privileges, "--", System.IO.Path.Combine(programs, "initdb"), .. options], "", cancellationToken);
    }

    private static void CheckVersion(string programs, string data)
    {
        var made = File.ReadAllText(System.IO.Path.Combine(data, "PG_VERSION")).Trim();
        var installed = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(programs))!;
        if (made != installed)
        {
            throw new LocalException(ExitCode.DataFolder, string.Create(
                CultureInfo.InvariantCulture, $"{data} was made by PostgreSQL {made}, and {installed} is installed (pg_upgrade converts it)"));
        }
    }

    /// <summary>A server whose parent was killed takes a moment to end, and its children after it.</summary>
    private static async Task WaitForOthersAsync(string data, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (ProcessTable.FirstIn(data) is { } pid)
        {
            if (TimeProvider.System.GetElapsedTime(started) > OthersPatience)
            {
                throw new LocalException(ExitCode.DataFolder, string.Create(CultureInfo.InvariantCulture, $"{data} is in use by process {pid}"));
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
