using System.Net.WebSockets;

namespace Muster.Mqtt;

/// <summary>Which exceptions only mean that the other side, or we, ended the connection.</summary>
internal static class ConnectionErrors
{
    public static bool IsConnectionError(Exception e) =>
        e is IOException or OperationCanceledException or ObjectDisposedException or WebSocketException or InvalidOperationException;
}
