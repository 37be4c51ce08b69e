using Amqp;
using Amqp.Framing;
using Amqp.Types;

namespace Muster.Amqp;

/// <summary>Between the library's errors and ours.</summary>
internal static class EngineErrors
{
    /// <summary>What the library throws when a link, session or connection is gone, or going.</summary>
    public static bool MeansClosed(Exception e) => e is AmqpException or ObjectDisposedException or InvalidOperationException;

    public static Error ToAmqp(this LinkError error)
    {
        var made = new Error(new Symbol(error.Condition)) { Description = error.Description };
        if (!error.Info.IsEmpty)
        {
            made.Info = [];
            foreach (var (key, value) in error.Info)
            {
                made.Info[new Symbol(key)] = value;
            }
        }

        return made;
    }
}
