using Microsoft.Extensions.Options;

namespace Muster.Amqp;

/// <summary>How many connections at once may not have proved yet who they are: <see cref="HubOptions.MaxPendingConnects"/>.</summary>
internal sealed class UnprovedLimit(IOptions<HubOptions> options)
{
    private int held;

    /// <summary>Null: one too many.</summary>
    public Place? TryEnter()
    {
        if (Interlocked.Increment(ref held) <= options.Value.MaxPendingConnects)
        {
            return new Place(this);
        }

        Interlocked.Decrement(ref held);
        return null;
    }

    internal sealed class Place(UnprovedLimit limit)
    {
        private int isHeld = 1;

        /// <summary>Idempotent.</summary>
        public void Release()
        {
            if (Interlocked.Exchange(ref isHeld, 0) == 1)
            {
                Interlocked.Decrement(ref limit.held);
            }
        }
    }
}
