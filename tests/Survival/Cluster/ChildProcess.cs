using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Muster.Survival;

/// <summary>A program that is started and ended here; what it prints goes to a file.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly CancellationTokenSource ended;
    private readonly StreamWriter log;

    private ChildProcess(Process process, CancellationTokenSource ended, StreamWriter log) => (this.process, this.ended, this.log) = (process, ended, log);

    /// <summary>Canceled once it has ended, by whatever hand.</summary>
    internal CancellationToken Ended => ended.Token;

    internal bool HasExited => process.HasExited;

    internal int ExitCode => process.ExitCode;

    internal int Id => process.Id;

    internal static Task<ChildProcess> StartAsync(string program, IEnumerable<string> arguments, string logFile) => StartAsync(program, arguments, logFile, []);

    internal static async Task<ChildProcess> StartAsync(string program, IEnumerable<string> arguments, string logFile, IEnumerable<KeyValuePair<string, string>> environment)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(logFile)!);
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("setpriv", ["--pdeathsig", "TERM", "--", program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
            EnableRaisingEvents = true,
        };
        foreach (var (name, value) in environment)
        {
            process.StartInfo.Environment[name] = value;
        }

        var log = new StreamWriter(logFile, append: true) { AutoFlush = true };
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (log)
            {
                log.WriteLine(line.Data);
            }
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        var ended = new CancellationTokenSource();
        process.Exited += (_, _) => _ = ended.CancelAsync();
        await StartOnOwnThreadAsync(process);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProcess(process, ended, log);
    }

    /// <summary>
    /// The kernel sends the signal of setpriv's option at the end of the thread that started the child, so that thread stays for as long as the child:
    /// whatever way this process ends, the child is told.
    /// </summary>
    private static Task StartOnOwnThreadAsync(Process process)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                process.Start();
            }
            catch (Exception fault)
            {
                started.SetException(new InvalidOperationException($"{process.StartInfo.FileName} could not be started", fault));
                return;
            }

            started.SetResult();
            _ = WaitPid(process.Id);
        })
        { IsBackground = true, Name = "parent of " + process.StartInfo.FileName };
        thread.Start();
        return started.Task;
    }

    // Waits without taking the exit code from Process, which waits for it too.
    private static bool WaitPid(int pid)
    {
        using var watched = Process.GetProcessById(pid);
        watched.WaitForExit();
        return true;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it printed; throws if its exit code is not 0.</returns>
    internal static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? await output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output} {await error}");
    }

    /// <summary>SIGTERM; SIGKILL if it does not end in time.</summary>
    internal async Task StopAsync(TimeSpan patience)
    {
        if (!process.HasExited)
        {
            _ = Signals.Send(process.Id, Signals.Terminate);
            using var limit = new CancellationTokenSource(patience);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(90));

        // Disposed of, the process raises Exited no more.
        await ended.CancelAsync();
        process.Dispose();
        await log.DisposeAsync();
    }
}

/// <summary>kill(2).</summary>
internal static partial class Signals
{
    internal const int Kill = 9;
    internal const int Terminate = 15;
    internal const int Continue = 18;
    internal const int Stop = 19;

    /// <summary>False if there is no such process.</summary>
    internal static bool Send(int pid, int signal) => SendSignal(pid, signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
