using Amqp;
using Amqp.Framing;
using Muster.Amqp;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>Opens links, each in a session of its own or its node's, and waits until the other side has said yes or no.</summary>
internal static class WireLinks
{
    /// <param name="what">What the link leads to, the subject of a sentence.</param>
    /// <exception cref="UpstreamFaultException">Refused, or not answered in time.</exception>
    internal static Task<ReceiverLink> ReceiverAsync(Session session, Attach attach, string what, WireDialer dialer, CancellationToken cancellationToken) =>
        OpenAsync(session, attached => new ReceiverLink(session, NewName(), attach, attached),
            static answer => answer.Source is not null, what, dialer, cancellationToken);

    /// <param name="what">What the link leads to, the subject of a sentence.</param>
    /// <exception cref="UpstreamFaultException">Refused, or not answered in time.</exception>
    internal static Task<SenderLink> SenderAsync(Session session, string address, string what, WireDialer dialer, CancellationToken cancellationToken) =>
        OpenAsync(session, attached => new SenderLink(session, NewName(), new Target { Address = address }, attached),
            static answer => answer.Target is not null, what, dialer, cancellationToken);

    /// <summary>Without waiting for a thread, and whatever state it is in.</summary>
    internal static async Task CloseAsync(AmqpObject thing, WireDialer dialer)
    {
        try
        {
            if (!thing.IsClosed)
            {
                await thing.CloseAsync(dialer.Patience, null).WaitAsync(TimeSpan.FromSeconds(2), dialer.Clock);
            }
        }
        catch (Exception e) when (e is AmqpException or TimeoutException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is over in any case; the other side finds out by its connection.
        }
    }

    private static async Task<T> OpenAsync<T>(
        Session session, Func<OnAttached, T> make, Func<Attach, bool> isGranted, string what, WireDialer dialer, CancellationToken cancellationToken)
        where T : Link
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        T? link = null;
        try
        {
            // A refusal comes as an answer that leads nowhere, and the end of the link behind it.
            link = make((_, answer) =>
            {
                if (isGranted(answer))
                {
                    opened.TrySetResult();
                }
            });
            link.AddClosedCallback((_, error) => opened.TrySetException(new LinkRefusedException(error)));
            await opened.Task.WaitAsync(dialer.Patience, dialer.Clock, cancellationToken);
            return link;
        }
        catch (Exception e)
        {
            // Nobody else has use for the session, and a connection has only so many.
            link?.Close(TimeSpan.Zero);
            _ = CloseAsync(session, dialer);
            throw e switch
            {
                LinkRefusedException refused when refused.Error?.Condition == LinkConditions.Redirect => refused,
                LinkRefusedException refused => WireErrors.Ended(what, refused.Error),
                AmqpException or TimeoutException or ObjectDisposedException or InvalidOperationException =>
                    new UpstreamFaultException($"{what} did not open: {WireErrors.Reason(e)}"),
                _ => e,
            };
        }
    }

    // No two links of a connection may have one name.
    private static string NewName() => Guid.NewGuid().ToString("N");
}
