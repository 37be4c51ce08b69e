using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Muster.Hosting;

/// <summary>The built hub as a child process, started with the options that <c>./run</c> hands on.</summary>
internal sealed partial class HubProcess : IAsyncDisposable
{
    private readonly StringBuilder output = new();
    private readonly Process process;
    private bool disposed;

    private HubProcess(Process process) => this.process = process;

    internal HubConnection Connection { get; private set; } = null!;

    internal int Pid => process.Id;

    /// <summary>Starts the hub and waits until it says that everything answers.</summary>
    internal static async Task<HubProcess> StartAsync(string address, string dataFolder, params string[] options)
    {
        var connectionFile = Path.Combine(dataFolder, "connection.json");
        if (File.Exists(connectionFile))
        {
            // Left behind by a hub that was killed.
            File.Delete(connectionFile);
        }

        var hub = Launch(["--bind", address, "--data", dataFolder, .. options.Contains("--devices") ? Array.Empty<string>() : ["--devices", "0"], .. options]);
        try
        {
            await Eventually.TrueAsync(
                $"connection.json of the hub on {address}", () => hub.process.HasExited || File.Exists(connectionFile), seconds: 120);
            Assert.False(hub.process.HasExited, $"The hub ended while it started:\n{hub.Output}");
        }
        catch (TimeoutException exception)
        {
            await hub.DisposeAsync();
            throw new TimeoutException($"{exception.Message} It printed:\n{hub.Output}", exception);
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }

        hub.Connection = HubConnection.Read(connectionFile);
        return hub;
    }

    /// <summary>Starts the hub and waits for its end: for starts that must fail.</summary>
    internal static async Task<(int ExitCode, string Output, string Error)> RunToEndAsync(params string[] options)
    {
        using var ended = Process.Start(StartInfo(options))!;
        var output = ended.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = ended.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await ended.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        }
        catch
        {
            ended.Kill();
            throw;
        }

        return (ended.ExitCode, await output, await error);
    }

    /// <summary>What it printed so far.</summary>
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

    /// <summary>SIGKILL; returns once the process is gone.</summary>
    internal async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Sends the signal and waits for the end, for 10 s at most.</summary>
    internal async Task<int> SignalAsync(PosixSignal signal)
    {
        Assert.Equal(0, Kill(process.Id, signal == PosixSignal.SIGINT ? 2 : 15));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
    }

    private static HubProcess Launch(string[] options)
    {
        var hub = new HubProcess(new Process { StartInfo = StartInfo(options) });
        hub.process.OutputDataReceived += (_, line) => hub.Keep(line.Data);
        hub.process.ErrorDataReceived += (_, line) => hub.Keep(line.Data);
        hub.process.Start();
        hub.process.BeginOutputReadLine();
        hub.process.BeginErrorReadLine();
        return hub;
    }

    private static ProcessStartInfo StartInfo(string[] options) => new(Repository.SiloExecutable, options)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    };

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
