using System.Runtime.InteropServices;

namespace Muster.Hosting;

/// <summary>The first of the signals asks for a clean stop, also while still starting; the second ends the process.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration[] registrations;
    private readonly int interrupted;
    private int received;

    /// <param name="interrupted">What the process exits with on the second signal.</param>
    /// <param name="signals">Which ones.</param>
    internal StopSignals(int interrupted, params ReadOnlySpan<PosixSignal> signals)
    {
        this.interrupted = interrupted;
        registrations = new PosixSignalRegistration[signals.Length];
        for (var i = 0; i < signals.Length; i++)
        {
            registrations[i] = PosixSignalRegistration.Create(signals[i], OnSignal);
        }
    }

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
            Environment.Exit(interrupted);
        }

        context.Cancel = true;
        stop.Cancel();
    }
}
