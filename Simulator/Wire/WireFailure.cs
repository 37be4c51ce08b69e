using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using MQTTnet.Adapter;
using MQTTnet.Exceptions;

namespace Muster.Simulation;

/// <summary>What goes wrong between a device and its hub, and is tried again.</summary>
internal static class WireFailure
{
    internal static bool Is(Exception exception) => exception is MqttCommunicationException or MqttClientNotConnectedException
        or MqttProtocolViolationException or MqttConnectingFailedException or HttpRequestException or IOException or SocketException
        or TimeoutException or TaskCanceledException or ObjectDisposedException or JsonException or AuthenticationException;
}
