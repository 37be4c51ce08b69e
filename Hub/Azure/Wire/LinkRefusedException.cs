using Amqp.Framing;

namespace Muster.Upstream;

/// <summary>A link did not open. Never leaves this room: it holds what only AMQP knows.</summary>
internal sealed class LinkRefusedException(Error? error) : Exception(error?.Description ?? "The link was refused.")
{
    /// <summary>Null where the connection was lost.</summary>
    public Error? Error { get; } = error;
}
