using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace Muster.Local;

/// <summary>Asks the running supervisor of a folder.</summary>
internal static class ControlClient
{
    internal static async Task<ControlAnswer> AskAsync(string folder, ControlRequest request, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
        {
            return Absent(folder, request.Verb);
        }

        using var socket = ControlSocket.Create();
        try
        {
            await socket.ConnectAsync(ControlSocket.EndPoint(folder), cancellationToken);
        }
        catch (SocketException)
        {
            return Absent(folder, request.Verb);
        }

        return await TalkAsync(socket, request, cancellationToken)
            ?? ControlAnswer.Refused(ExitCode.Failed, $"the cluster's supervisor over {folder} ended before it answered");
    }

    private static async Task<ControlAnswer?> TalkAsync(Socket socket, ControlRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = new NetworkStream(socket);
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, JsonSerializerOptions.Web), (byte)'\n'];
            await stream.WriteAsync(line, cancellationToken);
            using var reader = new StreamReader(stream);
            return await reader.ReadLineAsync(cancellationToken) is { } said ? JsonSerializer.Deserialize<ControlAnswer>(said, JsonSerializerOptions.Web) : null;
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            return null;
        }
    }

    // Nothing to take down is as good as taken down. A socket's file without anyone behind it is left by a supervisor that was killed.
    private static ControlAnswer Absent(string folder, string verb)
    {
        var died = File.Exists(ControlSocket.PathIn(folder)) && ClusterFile.Read(folder) is { } file
            ? string.Create(CultureInfo.InvariantCulture, $": its supervisor (process {file.Pid}) died, and its nodes with it; './cluster up' starts it again")
            : "";
        var line = $"no cluster runs over {folder}{died}";
        return verb == "down" ? ControlAnswer.Done(line) : ControlAnswer.Refused(ExitCode.Failed, line);
    }
}
