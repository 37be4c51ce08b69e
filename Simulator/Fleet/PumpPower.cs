namespace Muster.Simulation;

/// <summary>Whether a pump is to go off. Asked for at any moment, connected or not; obeyed between two connections.</summary>
internal sealed class PumpPower
{
    private readonly Lock turn = new();
    private CancellationTokenSource? session;
    private TimeSpan? off;

    /// <summary>Ends the connection after <paramref name="delay"/>; the pump is off then.</summary>
    /// <param name="offFor">How long; infinite for good.</param>
    internal void GoOff(TimeSpan delay, TimeSpan offFor)
    {
        lock (turn)
        {
            off = offFor;
            session?.CancelAfter(delay);
        }
    }

    /// <summary>The connection there is; cancelled at once if the pump was to go off meanwhile.</summary>
    internal void Attach(CancellationTokenSource connected)
    {
        lock (turn)
        {
            session = connected;
            if (off is not null)
            {
                connected.CancelAfter(TimeSpan.Zero);
            }
        }
    }

    internal void Detach()
    {
        lock (turn)
        {
            session = null;
        }
    }

    /// <summary>How long the pump is to be off now; null: it stays on. Told once.</summary>
    internal TimeSpan? Take()
    {
        lock (turn)
        {
            var taken = off;
            off = null;
            return taken;
        }
    }
}
