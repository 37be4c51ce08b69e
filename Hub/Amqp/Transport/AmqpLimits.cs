namespace Muster.Amqp;

/// <summary>What one connection may cost. Fixed: they are the protocol's own sizes, or far above what any SDK needs.</summary>
internal static class AmqpLimits
{
    public const int HeaderSize = 8;

    /// <summary>Largest frame taken, in bytes; told to the client in Open.</summary>
    public const int MaxFrameSize = 64 * 1024;

    /// <summary>AMQP 1.0 section 2.3.1: no peer may ask for smaller frames. The library would loop for ever on a smaller one.</summary>
    public const uint MinMaxFrameSize = 512;

    /// <summary>Sessions; @azure/event-hubs opens one per partition that it reads.</summary>
    public const int MaxSessions = 256;

    public const int MaxLinksPerSession = 256;

    /// <summary>Links of all sessions together.</summary>
    public const int MaxLinks = 1024;

    /// <summary>The same before the connection has proved who it is; <c>$cbs</c> takes two.</summary>
    public const int MaxUnprovedLinks = 16;

    /// <summary>Links beyond those that were refused or ended here, and that the client has not detached yet; more end the connection.</summary>
    public const int MaxEndedLinks = 32;

    /// <summary>Bytes of an attach: addresses, filters and properties. SDKs send a few hundred.</summary>
    public const int MaxAttach = 8 * 1024;

    /// <summary>Audiences that a connection may hold tokens for.</summary>
    public const int MaxTokens = 256;

    /// <summary>Objects that the links of a connection have in common.</summary>
    public const int MaxShared = 1024;

    /// <summary>
    /// Bytes of one message, whatever its link takes: a message between the link's limit and this ends the link, a larger one the connection.
    /// </summary>
    public const int MaxMessage = 1024 * 1024;

    /// <summary>Bytes of messages that have begun and not ended, over all links of a connection.</summary>
    public const int MaxAssembling = 4 * 1024 * 1024;

    /// <summary>Payload bytes on their way to the client from which <see cref="ISourcePort.WaitForRoomAsync"/> waits.</summary>
    public const int BacklogStop = 1024 * 1024;

    /// <summary>And to which they have to fall before it goes on.</summary>
    public const int BacklogResume = 512 * 1024;

    /// <summary>Deliveries of one link that the client has not settled; more are not sent until it does.</summary>
    public const int MaxUnsettled = 4096;

    /// <summary>The same in bytes.</summary>
    public const int MaxUnsettledBytes = 8 * 1024 * 1024;

    /// <summary>Milliseconds: a client that wants to hear from us more often than this is refused. SDKs want a minute or more.</summary>
    public const uint MinIdleTimeout = 1000;

    /// <summary>Milliseconds without a frame after which the connection ends; the client is told half of it.</summary>
    public const int IdleTimeout = 240_000;

    /// <summary>A client that does not read for this long is gone.</summary>
    public static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(20);

    /// <summary>Of <see cref="HubOptions.ConnectTimeout"/>: from Open to the first token or link that proves who it is.</summary>
    public const int ProofTimes = 4;

    /// <summary>From our Close to the end of the connection, whatever the client does.</summary>
    public static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);
}
