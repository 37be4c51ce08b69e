using System.Runtime.InteropServices;

namespace Muster.Hosting;

/// <summary>The host stops cleanly on the first SIGINT or SIGTERM; this ends the process on the second.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] registrations;
    private int received;

    internal StopSignals() =>
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)];

    internal bool Received => Volatile.Read(ref received) > 0;

    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref received) > 1)
        {
            Environment.Exit(ExitCode.Interrupted);
        }
    }
}
