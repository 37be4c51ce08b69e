using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Errors;
using Muster.Gateway;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>What an endpoint is to be; which fields it has depends on its type.</summary>
internal sealed record EndpointRequest : IRequestMessage<EndpointRequest>
{
    public static int MaxBytes => 64 * 1024;

    /// <summary>log, webhook or kafka.</summary>
    public string? Type { get; init; }

    /// <summary>Webhook and Kafka: seconds for which an event is tried before it goes to the dead letters, 0 to 604800. Default 3600.</summary>
    public int? RetryForSeconds { get; init; }

    /// <summary>Log: the consumer group that sees the events.</summary>
    public string? ConsumerGroup { get; init; }

    /// <summary>Webhook: where events are posted, https.</summary>
    public string? Url { get; init; }

    /// <summary>Webhook: what signs requests, 16 to 512 characters. Write-only; absent keeps what was there.</summary>
    public string? Secret { get; init; }

    /// <summary>Webhook: how many events one request carries at most, 1 to 100. Default 100.</summary>
    public int? MaxBatch { get; init; }

    /// <summary>Webhook and Kafka: PEM of the authorities to trust; absent for those that the silo's system trusts.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>Kafka: host:port, several with commas between.</summary>
    public string? BootstrapServers { get; init; }

    public string? Topic { get; init; }

    /// <summary>Kafka: plaintext (the default), tls, saslPlaintext or saslTls.</summary>
    public string? Security { get; init; }

    /// <summary>Kafka with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.</summary>
    public string? SaslMechanism { get; init; }

    public string? UserName { get; init; }

    /// <summary>Kafka with SASL. Write-only; absent keeps what was there.</summary>
    public string? Password { get; init; }

    public static EndpointRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, RoutingJson.Default.EndpointRequest) ?? throw new JsonException("an object was expected.");

    public Refusal? Check(RequestIds route) => Type?.ToUpperInvariant() switch
    {
        "LOG" => Need(ConsumerGroup, "consumerGroup") ?? Allow("log", nameof(Type), nameof(ConsumerGroup)),
        "WEBHOOK" => Need(Url, "url")
            ?? Allow("webhook", nameof(Type), nameof(RetryForSeconds), nameof(Url), nameof(Secret), nameof(MaxBatch), nameof(CaCertificate)),
        "KAFKA" => Need(BootstrapServers, "bootstrapServers") ?? Need(Topic, "topic") ?? CheckSecurity()
            ?? Allow("kafka", nameof(Type), nameof(RetryForSeconds), nameof(BootstrapServers), nameof(Topic), nameof(Security), nameof(SaslMechanism),
                nameof(UserName), nameof(Password), nameof(CaCertificate)),
        _ => Invalid("type is log, webhook or kafka."),
    };

    internal EndpointSpec ToSpec() => Common(Type!.ToUpperInvariant() switch
    {
        "LOG" => new EndpointSpec.Log(ConsumerGroup!),
        "WEBHOOK" => new EndpointSpec.Webhook(Url!) { Secret = Hidden(Secret), MaxBatch = MaxBatch ?? 100, CaCertificate = CaCertificate },
        _ => new EndpointSpec.Kafka(BootstrapServers!, Topic!)
        {
            Secret = Hidden(Password),
            Security = KafkaWords.Find(Security)!.Value,
            SaslMechanism = SaslMechanism,
            UserName = UserName,
            CaCertificate = CaCertificate,
        },
    });

    /// <summary>No secret in the text: records print themselves.</summary>
    public override string ToString() => $"EndpointRequest {{ Type = {Type} }}";

    private EndpointSpec Common(EndpointSpec spec) => RetryForSeconds is { } seconds ? spec with { RetryFor = TimeSpan.FromSeconds(seconds) } : spec;

    private static SecretText? Hidden(string? secret) => secret is null ? null : new SecretText(secret);

    private static Refusal Invalid(string message) => new(HubErrorCode.ArgumentInvalid, message);

    private static Refusal? Need(string? value, string name) => string.IsNullOrEmpty(value) ? Invalid($"{name} must be given.") : null;

    private Refusal? CheckSecurity() => KafkaWords.Find(Security) is null ? Invalid("security is plaintext, tls, saslPlaintext or saslTls.") : null;

    /// <summary>A field of another type is a mistake: it would be passed over.</summary>
    private Refusal? Allow(string type, params string[] names)
    {
        (string Name, object? Value)[] given =
        [
            (nameof(RetryForSeconds), RetryForSeconds), (nameof(ConsumerGroup), ConsumerGroup), (nameof(Url), Url), (nameof(Secret), Secret),
            (nameof(MaxBatch), MaxBatch), (nameof(CaCertificate), CaCertificate), (nameof(BootstrapServers), BootstrapServers), (nameof(Topic), Topic),
            (nameof(Security), Security), (nameof(SaslMechanism), SaslMechanism), (nameof(UserName), UserName), (nameof(Password), Password),
        ];
        var wrong = Array.Find(given, field => field.Value is not null && !names.Contains(field.Name, StringComparer.Ordinal)).Name;
        return wrong is null ? null : Invalid($"An endpoint of type {type} has no {JsonNamingPolicy.CamelCase.ConvertName(wrong)}.");
    }
}

/// <summary>Kafka's security by our words.</summary>
internal static class KafkaWords
{
    /// <summary>Null for a word that is none.</summary>
    internal static KafkaSecurity? Find(string? word) => word?.ToUpperInvariant() switch
    {
        null or "PLAINTEXT" => KafkaSecurity.Plaintext,
        "TLS" => KafkaSecurity.Tls,
        "SASLPLAINTEXT" => KafkaSecurity.SaslPlaintext,
        "SASLTLS" => KafkaSecurity.SaslTls,
        _ => null,
    };

    internal static string Word(KafkaSecurity security) => JsonNamingPolicy.CamelCase.ConvertName(security.ToString());
}

/// <summary>An endpoint as it stands; secrets are never in it.</summary>
internal sealed record EndpointResponse
{
    public required string Name { get; init; }

    public required string Etag { get; init; }

    /// <summary>log, webhook or kafka.</summary>
    public required string Type { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? RetryForSeconds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? ConsumerGroup { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Url { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? MaxBatch { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? CaCertificate { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? BootstrapServers { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Topic { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Security { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? SaslMechanism { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? UserName { get; init; }

    /// <summary>Whether a secret or password is kept.</summary>
    public required bool HasSecret { get; init; }

    public required DeliveryResponse Status { get; init; }

    internal static EndpointResponse From(EndpointView view)
    {
        var common = new EndpointResponse
        {
            Name = view.Name,
            Etag = view.ETag,
            Type = "log",
            HasSecret = view.HasSecret,
            Status = DeliveryResponse.From(view.Status),
        };
        var retryFor = (int)view.Spec.RetryFor.TotalSeconds;
        return view.Spec switch
        {
            EndpointSpec.Log log => common with { ConsumerGroup = log.ConsumerGroup },
            EndpointSpec.Webhook webhook => common with
            {
                Type = "webhook",
                RetryForSeconds = retryFor,
                Url = webhook.Url,
                MaxBatch = webhook.MaxBatch,
                CaCertificate = webhook.CaCertificate,
            },
            EndpointSpec.Kafka kafka => common with
            {
                Type = "kafka",
                RetryForSeconds = retryFor,
                BootstrapServers = kafka.BootstrapServers,
                Topic = kafka.Topic,
                Security = KafkaWords.Word(kafka.Security),
                SaslMechanism = kafka.SaslMechanism,
                UserName = kafka.UserName,
                CaCertificate = kafka.CaCertificate,
            },
            _ => throw new NotSupportedException($"Unknown endpoint {view.Spec.GetType().Name}."),
        };
    }
}

/// <summary>Events that an endpoint did not take.</summary>
/// <param name="Items">By partition and offset.</param>
/// <param name="Next">What to give as <c>after</c> to go on; null at the end.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Dropped">How many older ones had to go, since there is room for so many only.</param>
internal sealed record DeadLettersResponse(DeadLetterResponse[] Items, string? Next, long Total, long Dropped)
{
    internal static DeadLettersResponse From(DeadLetterPage page) => new(
        [.. page.Letters.Select(static letter => new DeadLetterResponse(EventLine.From(letter.Event), [.. letter.Routes], letter.Reason, letter.At))],
        page.Next is { } next ? $"{next.Partition}-{next.Offset}" : null,
        page.Total,
        page.Dropped);
}

/// <param name="Event">As it stood in the log.</param>
/// <param name="Routes">The routes that sent it.</param>
/// <param name="Reason">Why the endpoint did not take it.</param>
/// <param name="Time">When it was given up, UTC.</param>
internal sealed record DeadLetterResponse(EventLine Event, string[] Routes, string Reason, DateTimeOffset Time);
