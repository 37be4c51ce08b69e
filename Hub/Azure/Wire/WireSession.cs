using Amqp;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>Begins sessions.</summary>
internal static class WireSession
{
    /// <exception cref="UpstreamFaultException">The connection has just ended, or has as many as it may.</exception>
    internal static Session Begin(Connection connection, string what)
    {
        try
        {
            return new Session(connection);
        }
        catch (Exception e) when (e is AmqpException or ObjectDisposedException or InvalidOperationException)
        {
            throw new UpstreamFaultException($"{what} did not open: {WireErrors.Reason(e)}");
        }
    }
}
