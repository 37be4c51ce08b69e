namespace Muster.Events;

/// <summary>A receiver link.</summary>
/// <param name="Silo">The silo that it is attached to, with its generation.</param>
/// <param name="LinkId">Unique within the silo's life.</param>
[GenerateSerializer, Immutable, Alias("muster.ReceiverRef")]
public sealed record ReceiverRef([property: Id(0)] SiloAddress Silo, [property: Id(1)] long LinkId);

/// <summary>Whether a link may receive.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReceiverReply")]
public abstract record ReceiverReply
{
    private ReceiverReply() { }

    [GenerateSerializer, Immutable, Alias("muster.ReceiverReply.Granted")]
    public sealed record Granted : ReceiverReply;

    /// <param name="End">How the link ends.</param>
    /// <param name="Message">One sentence for people.</param>
    [GenerateSerializer, Immutable, Alias("muster.ReceiverReply.Refused")]
    public sealed record Refused([property: Id(0)] ReceiverEnd End, [property: Id(1)] string Message) : ReceiverReply;
}

/// <summary>Why a receiver link is refused or ended. Numbered for the wire; append only.</summary>
public enum ReceiverEnd : int
{
    /// <summary>A receiver with an epoch has the partition (<c>amqp:link:stolen</c>).</summary>
    Stolen = 0,

    /// <summary>As many receivers without an epoch are there as may be (<c>amqp:resource-limit-exceeded</c>).</summary>
    TooMany = 1,

    /// <summary>The consumer group was deleted (<c>amqp:not-found</c>).</summary>
    GroupDeleted = 2,
}
