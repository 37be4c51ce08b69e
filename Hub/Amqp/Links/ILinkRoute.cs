namespace Muster.Amqp;

/// <summary>Knows the addresses of one concern. All registered routes are asked in turn; the first that knows an address has it.</summary>
internal interface ILinkRoute
{
    /// <summary>By address and direction alone, at once: null if the address is not of this concern.</summary>
    LinkPlan? Match(LinkRequest request);
}

/// <summary>How a link to a known address comes to be.</summary>
/// <param name="Claim">Checked first; if it does not hold, the link is refused with amqp:unauthorized-access and nothing is opened.</param>
/// <param name="Open">
/// Decides. May take its time (a grain call): the connection is not read on until it is done, so that nothing overtakes the attach. At most
/// <see cref="MaxOpenTime"/>, and an exception is amqp:internal-error; the handler of an answer that comes later is closed without having been attached.
/// </param>
internal sealed record LinkPlan(LinkClaim Claim, Func<LinkGrant, ValueTask<LinkAnswer>> Open)
{
    public static readonly TimeSpan MaxOpenTime = TimeSpan.FromSeconds(30);
}

/// <summary>What becomes of an attach.</summary>
internal abstract record LinkAnswer
{
    private LinkAnswer() { }

    /// <summary>The client may send.</summary>
    /// <param name="Handler">Belongs to this link alone.</param>
    /// <param name="Credit">Messages that may be unsettled at once; given again as they are settled. At least 1.</param>
    /// <param name="MaxMessageSize">Encoded bytes; a larger message ends the link with amqp:link:message-size-exceeded.</param>
    public sealed record Sink(IMessageSink Handler, int Credit, int MaxMessageSize) : LinkAnswer;

    /// <summary>The client may receive.</summary>
    /// <param name="Handler">Belongs to this link alone.</param>
    public sealed record Source(IMessageSource Handler) : LinkAnswer
    {
        /// <summary>Told to the client; null for none.</summary>
        public IReadOnlyList<string>? OfferedCapabilities { get; init; }

        /// <summary>True: deliveries go out settled, and no disposition comes. False: they do not. Whatever the client asked for.</summary>
        public bool SendsSettled { get; init; }
    }

    /// <summary>The attach is answered, and the link detached with the error at once.</summary>
    public sealed record Refused(LinkError Error) : LinkAnswer;
}
