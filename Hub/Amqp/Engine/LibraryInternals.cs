using System.Runtime.CompilerServices;
using Amqp.Listener;

namespace Muster.Amqp;

/// <summary>What is needed of the library and not public; a test holds the version in use to it.</summary>
internal static class LibraryInternals
{
    /// <summary>
    /// Sends what follows settled, whatever the client's attach asked for. Otherwise the library would keep each delivery of a link whose answer says that
    /// all are settled, until a client says so too, which it has no reason to.
    /// </summary>
    public static void SendSettled(ListenerLink link) => SetSettleOnSend(link, true);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_SettleOnSend")]
    private static extern void SetSettleOnSend(ListenerLink link, bool value);
}
