using Amqp.Types;

namespace Muster.Amqp;

/// <summary>Which way the messages of a link go.</summary>
internal enum LinkDirection
{
    /// <summary>The client sends; its <c>target</c> is the address.</summary>
    FromClient = 0,

    /// <summary>The client receives; its <c>source</c> is the address.</summary>
    ToClient = 1,
}

/// <summary>An attach, as the client asked for it.</summary>
internal sealed record LinkRequest
{
    public required IPeer Peer { get; init; }

    /// <summary>The same object for all links of one session.</summary>
    public required object Session { get; init; }

    public required LinkDirection Direction { get; init; }

    /// <summary>The hub's end: the source of a link to the client, the target of one from it.</summary>
    public required LinkAddress Address { get; init; }

    /// <summary>The client's own end: where replies to it are addressed. Null if it has no name.</summary>
    public required string? ClientAddress { get; init; }

    public required string Name { get; init; }

    /// <summary>The link properties, by <c>Symbol</c>; null for none.</summary>
    public required Fields? Properties { get; init; }

    /// <summary>The source's filters, by <c>Symbol</c>; null for none.</summary>
    public required Map? Filters { get; init; }

    /// <summary>The capabilities that the client wishes for.</summary>
    public required IReadOnlyList<string> DesiredCapabilities { get; init; }

    /// <summary>The property's value, whatever AMQP type it has; null if it is not there.</summary>
    public object? Property(string name) => Properties?[new Symbol(name)];
}
