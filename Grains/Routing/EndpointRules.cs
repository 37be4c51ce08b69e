using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muster.ConsumerGroups;
using Muster.Errors;

namespace Muster.Routing;

/// <summary>What endpoints may be. Pure.</summary>
internal static class EndpointRules
{
    internal const int MaxNameLength = 64;
    private const int MaxSecretLength = 512;
    private const int MinWebhookSecretLength = 16;
    private const int MaxUrlLength = 2048;
    private const int MaxCertificateLength = 16 * 1024;
    private const int MaxUserNameLength = 256;
    private const int MaxTopicLength = 249;

    private static readonly TimeSpan MaxRetryFor = TimeSpan.FromDays(7);

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    private static readonly string[] Mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

    /// <summary>Of routes and endpoints.</summary>
    internal static Refusal? CheckName(string name) =>
        name.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterOrDigit(name[0]) && !name.AsSpan().ContainsAnyExcept(NameCharacters)
            ? null
            : Refusals.Invalid($"A name has 1 to {MaxNameLength} ASCII letters, digits and - . _ and begins with a letter or digit.");

    /// <param name="hasSecret">Whether one is kept if <paramref name="spec"/> brings none.</param>
    internal static Refusal? Check(EndpointSpec spec, bool hasSecret, bool allowPrivate) =>
        spec.RetryFor < TimeSpan.Zero || spec.RetryFor > MaxRetryFor ? Refusals.Invalid("retryForSeconds is 0 to 604800 (7 days).")
        : spec.Secret is { Value.Length: 0 or > MaxSecretLength } ? Refusals.Invalid($"A secret has 1 to {MaxSecretLength} characters.")
        : spec switch
        {
            EndpointSpec.Log log => Check(log),
            EndpointSpec.Webhook webhook => Check(webhook, hasSecret, allowPrivate),
            EndpointSpec.Kafka kafka => Check(kafka, hasSecret),
            _ => Refusals.Invalid("The type is log, webhook or kafka."),
        };

    /// <summary>The texts of an endpoint, whose lengths count.</summary>
    internal static IEnumerable<string> Texts(EndpointSpec spec) => (spec switch
    {
        EndpointSpec.Log log => (string?[])[log.ConsumerGroup],
        EndpointSpec.Webhook webhook => [webhook.Url, webhook.CaCertificate],
        EndpointSpec.Kafka kafka => [kafka.BootstrapServers, kafka.Topic, kafka.UserName, kafka.CaCertificate],
        _ => [],
    }).OfType<string>();

    private static Refusal? Check(EndpointSpec.Log log) =>
        log.Secret is not null ? Refusals.Invalid("A log endpoint has no secret.")
        : !ConsumerGroupName.IsValid(log.ConsumerGroup) || ConsumerGroupName.IsDefault(log.ConsumerGroup)
            ? Refusals.Invalid("consumerGroup is the name of a group: 1 to 50 ASCII letters, digits and - . _ with a letter or digit at both ends; $Default always sees everything.")
        : null;

    private static Refusal? Check(EndpointSpec.Webhook webhook, bool hasSecret, bool allowPrivate)
    {
        if (webhook.Url.Length > MaxUrlLength || !Uri.TryCreate(webhook.Url, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
        {
            return Refusals.Invalid($"url must be an absolute https URL of at most {MaxUrlLength} characters.");
        }

        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            return Refusals.Invalid("url may have neither user information nor a fragment.");
        }

        if (!allowPrivate && url.Scheme != "https")
        {
            return Refusals.Invalid("url must be https (http only where the hub is set to Routes:AllowPrivateAddresses).");
        }

        if (!allowPrivate && IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address) && !PublicAddresses.IsPublic(address))
        {
            return Refusals.Invalid($"{address} is not a public address (allowed only where the hub is set to Routes:AllowPrivateAddresses).");
        }

        return webhook.MaxBatch is < 1 or > 100 ? Refusals.Invalid("maxBatch is 1 to 100.")
            : webhook.Secret is null && !hasSecret ? Refusals.Invalid("A webhook needs a secret, which signs what is sent to it.")
            : webhook.Secret is { Value.Length: < MinWebhookSecretLength } ? Refusals.Invalid($"A webhook's secret has {MinWebhookSecretLength} to {MaxSecretLength} characters.")
            : CheckCertificate(webhook.CaCertificate);
    }

    private static Refusal? Check(EndpointSpec.Kafka kafka, bool hasSecret)
    {
        var sasl = kafka.Security is KafkaSecurity.SaslPlaintext or KafkaSecurity.SaslTls;
        if (!IsServerList(kafka.BootstrapServers))
        {
            return Refusals.Invalid("bootstrapServers must be host:port, or several with commas between, at most 1024 characters.");
        }

        if (kafka.Topic.Length is 0 or > MaxTopicLength || kafka.Topic is "." or ".." || kafka.Topic.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            return Refusals.Invalid($"topic has 1 to {MaxTopicLength} ASCII letters, digits and - . _");
        }

        if (sasl != kafka.SaslMechanism is not null || (sasl && !Mechanisms.Contains(kafka.SaslMechanism, StringComparer.Ordinal)))
        {
            return Refusals.Invalid($"saslMechanism is one of {string.Join(", ", Mechanisms)} where security is saslPlaintext or saslTls, and absent elsewhere.");
        }

        if (kafka.UserName is { Length: > MaxUserNameLength })
        {
            return Refusals.Invalid($"userName has at most {MaxUserNameLength} characters.");
        }

        return sasl && (string.IsNullOrEmpty(kafka.UserName) || (kafka.Secret is null && !hasSecret))
                ? Refusals.Invalid("SASL needs userName and password: anew where bootstrapServers, security, saslMechanism or userName change.")
            : !sasl && (kafka.UserName is not null || kafka.Secret is not null) ? Refusals.Invalid("userName and password are for security saslPlaintext or saslTls.")
            : CheckCertificate(kafka.CaCertificate);
    }

    private static bool IsServerList(string servers) => servers.Length is > 0 and <= 1024 && servers.Split(',').All(static server =>
        server.LastIndexOf(':') is > 0 and var colon
        && Uri.CheckHostName(server[..colon].Trim().Trim('[', ']')) != UriHostNameType.Unknown
        && ushort.TryParse(server[(colon + 1)..].Trim(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port)
        && port > 0);

    private static Refusal? CheckCertificate(string? pem)
    {
        if (pem is null)
        {
            return null;
        }

        try
        {
            var certificates = new X509Certificate2Collection();
            if (pem.Length <= MaxCertificateLength)
            {
                certificates.ImportFromPem(pem);
            }

            var found = certificates.Count > 0;
            foreach (var certificate in certificates)
            {
                certificate.Dispose();
            }

            return found ? null : Refusals.Invalid($"caCertificate must be one or more certificates in PEM, at most {MaxCertificateLength} characters.");
        }
        catch (CryptographicException)
        {
            return Refusals.Invalid("caCertificate is not PEM of certificates.");
        }
    }
}
