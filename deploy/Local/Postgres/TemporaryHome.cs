using System.Diagnostics;

namespace Muster.Local;

/// <summary>
/// A folder under the temporary one that goes with its owner, also when its owner is killed: a shell holds the other end of a pipe, and when that
/// closes, waits for the last process in the folder and removes it.
/// </summary>
internal sealed class TemporaryHome : IAsyncDisposable
{
    private const string Janitor = """
        trap '' INT TERM HUP
        while read -r line; do :; done
        tries=0
        while [ $tries -lt 200 ]; do
          busy=no
          for cwd in /proc/[0-9]*/cwd; do
            case "$(readlink "$cwd" 2>/dev/null)" in "$1"/*) busy=yes ;; esac
          done
          [ $busy = yes ] || break
          tries=$((tries + 1))
          sleep 0.1
        done
        rm -rf -- "$1"
        """;

    private readonly Process janitor;

    private TemporaryHome(string path, Process janitor)
    {
        Path = path;
        this.janitor = janitor;
    }

    internal string Path { get; }

    internal static Task<TemporaryHome> CreateAsync()
    {
        var path = Directory.CreateTempSubdirectory("muster-postgres-").FullName;
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Janitor, "sh", path])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        return Task.FromResult(new TemporaryHome(path, Process.Start(start)!));
    }

    public async ValueTask DisposeAsync()
    {
        janitor.StandardInput.Close();
        await janitor.WaitForExitAsync(CancellationToken.None);
        janitor.Dispose();
    }
}
