using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Muster.Rollouts;

/// <summary>A business process that gates call: it takes each call, and keeps its body for the test.</summary>
internal sealed class GateReceiver : IDisposable
{
    private readonly HttpListener listener = new();

    internal GateReceiver(string address)
    {
        Url = $"http://{address}:{FreePort(address)}/";
        listener.Prefixes.Add(Url);
        listener.Start();
    }

    internal string Url { get; }

    /// <summary>The next call, answered 202 where a callback is asked for, else 200.</summary>
    internal async Task<JsonElement> NextAsync()
    {
        var context = await listener.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
        var call = JsonElement.Parse(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        context.Response.StatusCode = call.GetProperty("action").GetString() == "open" ? 202 : 200;
        context.Response.Close();
        return call;
    }

    public void Dispose() => ((IDisposable)listener).Dispose();

    private static int FreePort(string address)
    {
        using var probe = new TcpListener(IPAddress.Parse(address), 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
