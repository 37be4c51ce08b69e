using System.Net.Sockets;
using System.Text.Json;

namespace Muster.Local;

/// <summary>Answers other <c>./cluster</c>s of the same user.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const int MaxAtOnce = 32;
    private readonly Func<ControlRequest, CancellationToken, Task<ControlAnswer>> answer;
    private readonly string path;
    private readonly Socket listener;
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim free = new(MaxAtOnce);
    private readonly Task accepting;

    private ControlServer(string path, Socket listener, Func<ControlRequest, CancellationToken, Task<ControlAnswer>> answer)
    {
        this.path = path;
        this.listener = listener;
        this.answer = answer;
        accepting = AcceptAsync();
    }

    /// <summary>Listens in the folder; the caller holds its lock, so what is left there of another is stale.</summary>
    internal static ControlServer Listen(string folder, Func<ControlRequest, CancellationToken, Task<ControlAnswer>> answer)
    {
        var path = ControlSocket.PathIn(folder);
        File.Delete(path);
        var listener = ControlSocket.Create();
        listener.Bind(ControlSocket.EndPoint(folder));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        listener.Listen(MaxAtOnce);
        return new ControlServer(path, listener, answer);
    }

    /// <summary>Ends after the answers that are under way have been given.</summary>
    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await accepting;
        stop.CancelAfter(TimeSpan.FromSeconds(2));
        for (var i = 0; i < MaxAtOnce; i++)
        {
            await free.WaitAsync(CancellationToken.None);
        }

        File.Delete(path);
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await free.WaitAsync(stop.Token);
                _ = ServeAsync(await listener.AcceptAsync());
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            free.Release();
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            using var reader = new StreamReader(stream);
            if (await reader.ReadLineAsync(stop.Token) is { Length: < ControlSocket.MaxLine } line
                && JsonSerializer.Deserialize<ControlRequest>(line, JsonSerializerOptions.Web) is { } request)
            {
                var said = JsonSerializer.SerializeToUtf8Bytes(await answer(request, stop.Token), JsonSerializerOptions.Web);
                await stream.WriteAsync((byte[])[.. said, (byte)'\n'], stop.Token);
            }
        }
        catch (Exception fault) when (fault is IOException or SocketException or JsonException or OperationCanceledException)
        {
            // Whoever asked has gone, or spoke something else.
        }
        finally
        {
            free.Release();
        }
    }
}
