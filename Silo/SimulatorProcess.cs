using System.Diagnostics;
using System.Globalization;

namespace Muster.Hosting;

/// <summary>
/// The simulated fleet, a child process. It learns over its standard input how to connect; the end of that pipe, however the hub came to
/// its end, ends it. (A parent-death signal would not do: it is sent when the thread that started the child ends.)
/// </summary>
internal sealed partial class SimulatorProcess(SiloSettings settings, IConfiguration configuration, ILogger<SimulatorProcess> logger) : IDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);
    private Process? process;
    private bool stopping;

    /// <summary>Starts the fleet; null if there is to be none.</summary>
    /// <exception cref="StartupException">The simulator was not built, or cannot be started.</exception>
    internal async Task<int?> StartAsync(ConnectionInfo info, CancellationToken cancellationToken)
    {
        if (settings.Devices == 0)
        {
            return null;
        }

        process = Process.Start(StartInfo()) ?? throw new StartupException(ExitCode.Failed, "the simulator did not start");
        process.EnableRaisingEvents = true;
        process.Exited += OnExited;
        await process.StandardInput.WriteLineAsync(ConnectionFile.ToLine(info).AsMemory(), cancellationToken);
        await process.StandardInput.FlushAsync(cancellationToken);
        return process.Id;
    }

    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        if (process is null)
        {
            return;
        }

        stopping = true;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StopPatience);
        try
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(patience.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            process.Kill();
        }
    }

    public void Dispose() => process?.Dispose();

    private ProcessStartInfo StartInfo()
    {
        var library = LibraryPath();
        if (!File.Exists(library))
        {
            throw new StartupException(ExitCode.Failed, $"the simulator is not at {library} (--devices 0 starts without it)");
        }

        // Under `dotnet x.dll` the same dotnet runs the child; else the child's own executable finds its runtime as ours did.
        var host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : null;
        var start = new ProcessStartInfo(host ?? Path.ChangeExtension(library, null)) { RedirectStandardInput = true, UseShellExecute = false };
        string[] arguments = ["--connection", "-", "--devices", settings.Devices.ToString(CultureInfo.InvariantCulture), .. settings.SimulatorOptions];
        foreach (var argument in host is null ? arguments : [library, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    // Beside the silo where both are installed, or in the build's artifacts, where each project has a folder of its own.
    private string LibraryPath()
    {
        const string Library = "Muster.Simulator.dll";
        var own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var built = Path.GetFullPath(Path.Combine(own, "..", "..", "Simulator", Path.GetFileName(own), Library));
        return configuration[SettingKeys.SimulatorPath] ?? (File.Exists(built) ? built : Path.Combine(own, "simulator", Library));
    }

    private void OnExited(object? sender, EventArgs e)
    {
        if (!stopping && process is { } ended)
        {
            LogEnded(ended.ExitCode);
        }
    }

    [LoggerMessage(EventId = 9101, Level = LogLevel.Warning, Message = "The simulated fleet has ended, exit code {ExitCode}; the hub runs on")]
    private partial void LogEnded(int exitCode);
}
