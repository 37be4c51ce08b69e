using Amqp.Listener;

namespace Muster.Amqp;

/// <summary>Every attach comes here: finds its route, checks its claim, and ties the link to its handler.</summary>
internal sealed class LinkProcessor(IEnumerable<ILinkRoute> routes, TimeProvider clock, EngineLog log) : ILinkProcessor
{
    private readonly ILinkRoute[] routes = [.. routes];

    // On the read loop. What takes longer holds the loop without a thread, so that no frame meets a link that is half open.
    public void Process(AttachContext attachContext)
    {
        var peer = (Peer)((ListenerConnection)attachContext.Link.Session.Connection).Principal;
        var opening = OpenAsync(attachContext, peer);
        if (!opening.IsCompleted)
        {
            peer.Transport.Hold(opening);
        }
    }

    private async Task OpenAsync(AttachContext context, Peer peer)
    {
        LinkRequest? request = null;
        LinkPlan? plan = null;
        LinkAnswer answer;
        try
        {
            request = AttachReader.Read(context, peer);
            plan = Match(request);
            answer = plan is null ? new LinkAnswer.Refused(LinkError.NotFound(request.Address)) : await DecideAsync(plan, peer);
        }
        catch (Exception) when (request is null)
        {
            answer = new LinkAnswer.Refused(new LinkError(LinkConditions.InvalidField, "The attach has fields of other types than AMQP's."));
        }
        catch (Exception e)
        {
            log.OpenFailed(request!.Address.Text, e);
            answer = new LinkAnswer.Refused(new LinkError(LinkConditions.InternalError, "The link could not be opened; try again."));
        }

        try
        {
            await CompleteAsync(context, peer, request!, plan, answer);
        }
        catch (Exception e) when (EngineErrors.MeansClosed(e))
        {
            // The connection went while the link was opened.
        }
    }

    private LinkPlan? Match(LinkRequest request)
    {
        foreach (var route in routes)
        {
            if (request.Address.Segments.Length > 0 && route.Match(request) is { } plan)
            {
                return plan;
            }
        }

        return null;
    }

    private async ValueTask<LinkAnswer> DecideAsync(LinkPlan plan, Peer peer)
    {
        if (await peer.AuthorizeAsync(plan.Claim) is not { } grant)
        {
            return new LinkAnswer.Refused(LinkError.Unauthorized("The connection holds no token, and showed no certificate, for this link."));
        }

        var opening = plan.Open(grant);
        return opening.IsCompleted ? await opening : await InTimeAsync(opening.AsTask());
    }

    private async Task<LinkAnswer> InTimeAsync(Task<LinkAnswer> opening)
    {
        try
        {
            return await opening.WaitAsync(LinkPlan.MaxOpenTime, clock);
        }
        catch (TimeoutException)
        {
            _ = GiveBackAsync(opening);
            throw;
        }
    }

    // An answer that comes too late holds what was opened: its handler is told that there is no link.
    private static async Task GiveBackAsync(Task<LinkAnswer> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        switch (opening.IsCompletedSuccessfully ? await opening : null)
        {
            case LinkAnswer.Sink sink:
                sink.Handler.OnClosed();
                break;
            case LinkAnswer.Source source:
                source.Handler.OnClosed();
                break;
        }
    }

    private async ValueTask CompleteAsync(AttachContext context, Peer peer, LinkRequest request, LinkPlan? plan, LinkAnswer answer)
    {
        switch (answer)
        {
            case LinkAnswer.Sink sink:
                var takes = new SinkLink(context.Link, peer, request, sink, log);
                takes.Attached();
                AttachReader.Answer(context.Attach, sink);
                await TieAsync(context, peer, plan!.Claim, takes);
                break;
            case LinkAnswer.Source source:
                var sends = new SourceLink(context.Link, peer, request, source, log);
                sends.Attached();
                AttachReader.Answer(context.Attach, source);
                if (source.SendsSettled)
                {
                    LibraryInternals.SendSettled(context.Link);
                }

                await TieAsync(context, peer, plan!.Claim, sends);
                break;
            case LinkAnswer.Refused refused when !context.Link.IsClosed:
                context.Complete(refused.Error.ToAmqp());
                break;
        }
    }

    private static async ValueTask TieAsync(AttachContext context, Peer peer, LinkClaim claim, EngineLink link)
    {
        if (!peer.TryAddLink(link, claim))
        {
            link.Detach(new LinkError(LinkConditions.ResourceLimitExceeded, "The connection has as many links as it may have."));
        }
        else if (await peer.AuthorizeAsync(claim) is null)
        {
            // The token ended in between, before the link was among those that are looked at then.
            link.Detach(LinkError.Unauthorized("The token has expired."));
        }

        if (context.Link.IsClosed)
        {
            link.GiveUp();
            return;
        }

        try
        {
            context.Complete(link, initialCredit: 0);
        }
        catch (Exception e) when (EngineErrors.MeansClosed(e))
        {
            link.GiveUp();
            return;
        }

        link.Opened();
    }
}
