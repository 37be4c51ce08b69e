using Muster.Sessions;

namespace Muster.Amqp;

/// <summary>Looks at a connection's links as its tokens end.</summary>
internal sealed class TokenWatch(Peer peer, PeerServices services) : WheelEntry
{
    // A token may hold for millennia.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private readonly Lock gate = new();
    private bool stopped;

    public void Reschedule()
    {
        lock (gate)
        {
            if (!stopped && peer.Tokens.NextEnd is { } end)
            {
                var left = end - services.Clock.GetUtcNow();
                services.Wheel.Schedule(this, left < TimeSpan.Zero ? TimeSpan.Zero : left < Longest ? left : Longest);
            }
        }
    }

    public void Stop()
    {
        lock (gate)
        {
            stopped = true;
            services.Wheel.Cancel(this);
        }
    }

    public void Look() => _ = LookAsync();

    protected internal override void OnDue() => Look();

    private async Task LookAsync()
    {
        try
        {
            await peer.DropUnprovedLinksAsync();
        }
        catch (Exception e)
        {
            // A device's row could not be read: whom it would have been about is not known, so nobody stays.
            services.Log.LookFailed(peer.ConnectionId, e);
            peer.Close(new LinkError(LinkConditions.ConnectionForced, "The connection's tokens could not be looked at."));
        }

        Reschedule();
    }
}
