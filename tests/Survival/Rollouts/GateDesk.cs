using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Muster.Survival.Rollouts;

/// <summary>
/// The business process behind the gates: it is asked before a device is offered anything, and told when all is over. Now and then it does not answer when it is first asked. What it agreed to
/// outlives the hub.
/// </summary>
internal sealed class GateDesk : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, bool> opened = new(StringComparer.Ordinal);
    private readonly HashSet<(string Key, string? Action)> heard = [];
    private readonly Random random;
    private readonly double busy;

    private GateDesk(WebApplication app, string url, int seed, double busy) => (this.app, Url, random, this.busy) = (app, url, new Random(seed), busy);

    internal string Url { get; }

    /// <summary>Gates that it agreed to.</summary>
    internal int Opened => opened.Count;

    /// <summary>Those of them that it was not told the end of.</summary>
    internal IReadOnlyList<string> Unclosed => [.. opened.Where(static gate => !gate.Value).Select(static gate => gate.Key)];

    /// <param name="address">Where it listens, at port 8090.</param>
    /// <param name="seed">Of when it does not answer.</param>
    /// <param name="busy">Which share of first calls it does not answer, 0 to 1.</param>
    /// <param name="stop">Ends the start.</param>
    internal static async Task<GateDesk> StartAsync(string address, int seed, double busy, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{address}:8090");
        var app = builder.Build();
        var desk = new GateDesk(app, $"http://{address}:8090/gate", seed, busy);
        app.MapPost("/gate", desk.AnswerAsync);
        await app.StartAsync(stop);
        return desk;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task<IResult> AnswerAsync(HttpRequest request)
    {
        using var body = await JsonDocument.ParseAsync(request.Body);
        var (key, action) = (body.RootElement.GetProperty("key").GetString()!, body.RootElement.GetProperty("action").GetString());
        lock (random)
        {
            if (heard.Add((key, action)) && random.NextDouble() < busy)
            {
                return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
            }
        }

        if (action == "close")
        {
            opened[key] = true;
            return Results.Ok();
        }

        _ = opened.TryAdd(key, false);
        return Results.Ok(new { state = "open", leaseSeconds = 3600, evidence = "Fuel goes around it." });
    }
}
