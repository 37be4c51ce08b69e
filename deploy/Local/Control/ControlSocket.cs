using System.Net.Sockets;
using System.Text;

namespace Muster.Local;

/// <summary>The supervisor's unix socket, in the cluster's folder.</summary>
internal static class ControlSocket
{
    internal const string FileName = "control";
    internal const int MaxLine = 4096;
    private const int MaxPath = 107;

    internal static string PathIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>The kernel takes 107 bytes of a path. Where the folder's own is longer, this process moves into the folder and names the socket from there.</summary>
    internal static UnixDomainSocketEndPoint EndPoint(string folder)
    {
        if (Encoding.UTF8.GetByteCount(PathIn(folder)) <= MaxPath)
        {
            return new(PathIn(folder));
        }

        Environment.CurrentDirectory = folder;
        return new(FileName);
    }

    internal static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
