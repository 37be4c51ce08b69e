using System.Net;
using System.Net.Sockets;

namespace Muster.Local;

/// <summary>Whether the ports can be had, found out before anything starts.</summary>
internal static class PortCheck
{
    // Nodes of a supervisor that was killed end with it, but not in the same instant.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    internal static bool MayBind(IPAddress address, int port) => TryListen(new IPEndPoint(address, port)) != SocketError.AccessDenied;

    /// <exception cref="LocalException">A port cannot be had: exit code 4.</exception>
    internal static async Task RequireAsync(AddressPlan plan, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        foreach (var endpoint in plan.All.SelectMany(node => node.Ports.Keys.Select(node.At)))
        {
            SocketError error;
            while ((error = TryListen(endpoint)) == SocketError.AddressAlreadyInUse && TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }

            if (error != SocketError.Success)
            {
                throw new LocalException(ExitCode.Port, $"cannot listen on {endpoint}: {Explain(error)} (--bind chooses another address)");
            }
        }
    }

    private static SocketError TryListen(IPEndPoint endpoint)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            socket.Listen(1);
            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }

    private static string Explain(SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use",
        SocketError.AccessDenied => "not allowed",
        SocketError.AddressNotAvailable => "the address is not of this machine",
        _ => error.ToString(),
    };
}
