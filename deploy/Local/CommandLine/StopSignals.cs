using System.Runtime.InteropServices;

namespace Muster.Local;

/// <summary>The first SIGINT, SIGTERM or SIGHUP asks for a clean stop, also while still starting; the second ends the process, and its nodes with it.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration[] registrations;
    private int received;

    internal StopSignals() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    internal CancellationToken Stop => stop.Token;

    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }

        stop.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref received) > 1)
        {
            Environment.Exit(ExitCode.Interrupted);
        }

        context.Cancel = true;
        stop.Cancel();
    }
}
