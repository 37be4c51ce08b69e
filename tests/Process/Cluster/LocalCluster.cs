using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Muster.Hosting;

/// <summary><c>./cluster</c>, started as a user does.</summary>
internal sealed partial class LocalCluster : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(Repository.Root, "cluster");
    private readonly StringBuilder output = new();
    private readonly Process process;

    private LocalCluster(Process process, string folder) => (this.process, Folder) = (process, folder);

    internal string Folder { get; }

    internal HubConnection Connection => HubConnection.Read(Path.Combine(Folder, "connection.json"));

    internal ClusterNodes Nodes => ClusterNodes.Read(Folder);

    internal int Pid => process.Id;

    internal string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    /// <summary>Starts it and waits until it says that everything answers.</summary>
    internal static async Task<LocalCluster> StartAsync(string bind, string folder, params string[] options)
    {
        var cluster = new LocalCluster(new Process { StartInfo = StartInfo(["up", "--bind", bind, "--data", folder, .. options]) }, folder);
        try
        {
            cluster.Begin();

            // What it builds first may take its time on a fresh clone.
            await Eventually.TrueAsync($"the cluster on {bind}", () => cluster.process.HasExited || cluster.IsReady(), seconds: 300);
            Assert.False(cluster.process.HasExited, $"The cluster ended while it started:\n{cluster.Output}");
            return cluster;
        }
        catch (TimeoutException exception)
        {
            var printed = cluster.Output;
            await cluster.DisposeAsync();
            throw new TimeoutException($"{exception.Message} It printed:\n{printed}", exception);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A verb over a folder: its exit code and what it printed.</summary>
    internal static async Task<(int ExitCode, string Output, string Error)> AskAsync(string folder, params string[] verb)
    {
        using var asked = Process.Start(StartInfo([.. verb, "--data", folder]))!;
        var output = asked.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = asked.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await asked.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);
        }
        catch
        {
            asked.Kill(entireProcessTree: true);
            throw;
        }

        return (asked.ExitCode, await output, await error);
    }

    /// <summary>The same, of this cluster; fails if it is refused.</summary>
    internal async Task<string> AskAsync(params string[] verb)
    {
        var (code, printed, error) = await AskAsync(Folder, verb);
        Assert.True(code == 0, $"./cluster {string.Join(' ', verb)} ended with {code}: {printed}{error}");
        return printed;
    }

    /// <summary>SIGKILL to the supervisor alone.</summary>
    internal async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Sends the signal and waits for the end.</summary>
    internal async Task<int> SignalAsync(PosixSignal signal)
    {
        Assert.Equal(0, Kill(process.Id, signal == PosixSignal.SIGINT ? 2 : 15));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    /// <summary>SIGTERM while this node is frozen, which goes on only after that time: a stop that takes longer than a command line library's patience.</summary>
    internal async Task<int> StopWithFrozenAsync(ClusterNode node, TimeSpan frozen)
    {
        Assert.Equal(0, Kill(node.Pid!.Value, 19));
        var ended = SignalAsync(PosixSignal.SIGTERM);
        await Task.WhenAny(ended, Task.Delay(frozen, TestContext.Current.CancellationToken));
        _ = Kill(node.Pid.Value, 18);
        return await ended;
    }

    /// <summary>Its nodes end with it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
        await RunningProcesses.UntilNoneInAsync(Folder);
    }

    private static ProcessStartInfo StartInfo(string[] options) => new(Program, options)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    };

    private void Begin()
    {
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private bool IsReady() => Output.Contains("; connection.json: ", StringComparison.Ordinal);

    private void Keep(string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
