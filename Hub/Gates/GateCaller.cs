using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Devices;
using Muster.Json;
using Muster.Methods;
using Muster.Rollouts;
using Muster.Routing;

namespace Muster.Gates;

/// <summary>
/// Calls whoever opens gates: a webhook, the device by a direct method, or another rollout by looking at it. One call at a time for a gate, a bounded number for the silo
/// (<see cref="GateTurns"/>); what is not called now is due again. Redirects are not followed, proxies and cookies not used.
/// </summary>
internal sealed partial class GateCaller : IGateCalls, IDisposable
{
    private const int MaxAnswerBytes = 16 * 1024;
    private readonly IGrainFactory grains;
    private readonly GateLinks links;
    private readonly GateOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly HttpClient client;
    private readonly GateTurns turns;

    public GateCaller(IGrainFactory grains, GateLinks links, IOptions<GateOptions> options, TimeProvider clock, ILogger<GateCaller> logger)
    {
        (this.grains, this.links, this.options, this.clock, this.logger) = (grains, links, options.Value, clock, logger);
        turns = new GateTurns(this.options.MaxCalls);
        client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = new PublicConnector(this.options.AllowPrivateAddresses).ConnectAsync,
            ConnectTimeout = this.options.CallTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = 16,
            MaxResponseHeadersLength = 32,
        })
        { Timeout = this.options.CallTimeout, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    public void Start(GateCall call)
    {
        if (turns.TryBegin(call))
        {
            Run(call);
        }
    }

    public void Dispose() => client.Dispose();

    private void Run(GateCall call) => _ = Task.Run(() => CallAsync(call));

    private async Task CallAsync(GateCall call)
    {
        try
        {
            var answer = await AskAsync(call);
            var reply = call.DeviceId.Length > 0
                ? await grains.GetGrain<IDeviceGrain>(call.DeviceId).AnswerGateAsync(call.Key, answer)
                : await grains.GetGrain<IRolloutGatesGrain>(call.Rollout).AnswerGateAsync(call.Key, answer);
            if (reply is GateReply.Accepted)
            {
                LogAnswered(call.Key, call.Effect, answer.Word);
            }
        }
        catch (Exception e)
        {
            // It is due again.
            LogNotCalled(e, call.Key);
        }
        finally
        {
            if (turns.End(call) is { } next)
            {
                Run(next);
            }
        }
    }

    private async Task<GateAnswer> AskAsync(GateCall call)
    {
        try
        {
            return call.Spec.Kind switch
            {
                GateKind.Webhook => await PostAsync(call),
                GateKind.Command => await CommandAsync(call),
                GateKind.Dependency => await LookAsync(call),
                _ => new GateAnswer(GateWord.NoAnswer, GateMachine.Engine),
            };
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or OrleansException or TimeoutException or IOException or InvalidOperationException)
        {
            // The last: a charset that is none.
            return new GateAnswer(GateWord.NoAnswer, GateMachine.Engine, Evidence: e is OperationCanceledException ? $"There was no answer within {options.CallTimeout.TotalSeconds:0.#} s." : e.Message);
        }
    }

    private async Task<GateAnswer> PostAsync(GateCall call)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["gate"] = call.Spec.Name,
            ["key"] = call.Key,
            ["action"] = call.Effect == GateEffect.Close ? "close" : "open",
            ["phase"] = call.Spec.Phase.ToString(),
            ["scope"] = call.Spec.Scope.ToString(),
            ["rollout"] = call.Rollout,
            ["group"] = call.Group,
            ["site"] = call.Site,
            ["device"] = call.DeviceId.Length > 0 ? call.DeviceId : null,
            ["release"] = call.Release,
            ["status"] = call.Status?.ToString(),
            ["callbackUrl"] = call.Effect == GateEffect.Close ? null : links.Callback(call.DeviceId, call.Key),
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, call.Spec.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", $"{call.Key}/{(call.Effect == GateEffect.Close ? "close" : "open")}");
        request.Headers.TryAddWithoutValidation(WebhookSignature.Header, WebhookSignature.Of(body, links.HubSecret, clock.GetUtcNow()));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Muster", "1"));
        if (call.Effect == GateEffect.Close)
        {
            // Whatever comes with it.
            using var heard = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return new GateAnswer(heard.IsSuccessStatusCode ? GateWord.Closed : GateWord.NoAnswer, "webhook", Evidence: $"It answered {(int)heard.StatusCode}.");
        }

        using var response = await client.SendAsync(request);
        return GateAnswers.Read(response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<GateAnswer> CommandAsync(GateCall call)
    {
        var isClose = call.Effect == GateEffect.Close;
        var payload = new JsonObject { ["gate"] = call.Spec.Name, ["rollout"] = call.Rollout, ["release"] = call.Release, ["action"] = isClose ? "close" : "open" };
        var reply = await grains.GetGrain<IDeviceGrain>(call.DeviceId).InvokeMethodAsync(new MethodCall
        {
            Name = (isClose ? call.Spec.CloseMethod : call.Spec.Method)!,
            Payload = new JsonUtf8(JsonSerializer.SerializeToUtf8Bytes(payload)),
            ResponseTimeout = options.CallTimeout,
        });
        return reply switch
        {
            MethodReply.Answered { Status: >= 200 and < 300 } answered => new GateAnswer(isClose ? GateWord.Closed : GateWord.Open, "device", Evidence: $"It answered {answered.Status}."),
            MethodReply.Answered { Status: 403 or 409 } when !isClose => new GateAnswer(GateWord.Deny, "device"),
            MethodReply.Answered answered => new GateAnswer(GateWord.NoAnswer, "device", Evidence: $"It answered {answered.Status}."),
            MethodReply.Refused refused => new GateAnswer(GateWord.NoAnswer, "device", Evidence: refused.Why.Message),
            _ => new GateAnswer(GateWord.NoAnswer, "device"),
        };
    }

    private async Task<GateAnswer> LookAsync(GateCall call) => await grains.GetGrain<IRolloutGrain>(call.Spec.Rollout!).GetAsync() switch
    {
        RolloutReply.Found { Rollout.Status: RolloutStatus.Completed } => new GateAnswer(GateWord.Open, GateMachine.Engine, Evidence: $"{call.Spec.Rollout} is completed."),
        RolloutReply.Found { Rollout.Status: var status } when status.IsFinal() => new GateAnswer(GateWord.Deny, GateMachine.Engine, Evidence: $"{call.Spec.Rollout} ended {status}."),
        RolloutReply.Found found => new GateAnswer(GateWord.NoAnswer, GateMachine.Engine, Evidence: $"{call.Spec.Rollout} is {found.Rollout.Status}."),
        _ => new GateAnswer(GateWord.NoAnswer, GateMachine.Engine, Evidence: $"There is no rollout {call.Spec.Rollout}."),
    };

    [LoggerMessage(EventId = 8190, Level = LogLevel.Information, Message = "Gate {GateKey}: {Effect} was answered {Word}")]
    private partial void LogAnswered(string gateKey, GateEffect effect, GateWord word);

    [LoggerMessage(EventId = 8191, Level = LogLevel.Warning, Message = "Gate {GateKey} could not be called; it is called again")]
    private partial void LogNotCalled(Exception exception, string gateKey);
}

/// <summary>What a webhook's answer means. What cannot be understood opens nothing.</summary>
internal static class GateAnswers
{
    internal static GateAnswer Read(HttpStatusCode status, string body)
    {
        if (status is HttpStatusCode.Forbidden or HttpStatusCode.Conflict)
        {
            return new GateAnswer(GateWord.Deny, "webhook", Evidence: $"It answered {(int)status}.");
        }

        if (status == HttpStatusCode.Accepted)
        {
            return new GateAnswer(GateWord.Accepted, "webhook", Evidence: "It calls back.");
        }

        return status == HttpStatusCode.OK && TryRead(body) is { } answer ? answer
            : new GateAnswer(GateWord.NoAnswer, "webhook", Evidence: $"It answered {(int)status}{(status == HttpStatusCode.OK ? ", and not what state the gate is in" : "")}.");
    }

    /// <summary>Null where the text says nothing of a gate.</summary>
    internal static GateAnswer? TryRead(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            var state = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("state", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString() : null;
            GateWord? word = state switch { "open" => GateWord.Open, "renew" => GateWord.Renew, "deny" or "denied" => GateWord.Deny, "preparing" or "accepted" => GateWord.Accepted, _ => null };
            return word is { } known ? new GateAnswer(known, "webhook", Lease(root), Evidence(root)) : null;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // The second: half of a surrogate pair, of which no text can be made.
            return null;
        }
    }

    private static TimeSpan? Lease(JsonElement root) => root.TryGetProperty("leaseSeconds", out var lease) && lease.ValueKind == JsonValueKind.Number
        && lease.TryGetDouble(out var seconds) && seconds is > 0 and <= 30 * 86_400 ? TimeSpan.FromSeconds(seconds) : null;

    private static string? Evidence(JsonElement root) => root.TryGetProperty("evidence", out var evidence)
        ? evidence.ValueKind == JsonValueKind.String ? evidence.GetString() : evidence.GetRawText() : null;
}
