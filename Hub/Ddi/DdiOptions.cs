using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Ddi;

/// <summary>Update agents that speak hawkBit's Direct Device Integration (SWUpdate, RAUC). Bound from <c>Ddi</c>; checked before the silo starts.</summary>
public sealed class DdiOptions : IValidatableObject
{
    public const string Section = "Ddi";

    /// <summary>Whether it is served. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The tenant in the agents' paths, compared without regard to case. Default <c>default</c>; 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    [RegularExpression("^[A-Za-z0-9._-]{1,64}$")]
    public string Tenant { get; set; } = "default";

    /// <summary>How often an agent is to ask. Default 5 minutes; 1 s to 23:59:59, in whole seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "23:59:59")]
    public TimeSpan PollingInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The same while its device has an update under way. Default 10 s; 1 s to 23:59:59.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "23:59:59")]
    public TimeSpan BusyPollingInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The token that may act for every device; a secret of 16 to 128 characters. Default null: one that the hub makes from its master key, told in
    /// <c>connection.json</c>. Empty: there is none.
    /// </summary>
    public string? GatewayToken { get; set; }

    /// <summary>Whether each device's own token opens it (<c>GET /api/v1/devices/{id}/ddi-token</c>). Default true.</summary>
    public bool TargetTokens { get; set; } = true;

    /// <summary>Whether an id that is not registered is, once an agent comes with a credential that may act for it. Default true.</summary>
    public bool AutoRegister { get; set; } = true;

    /// <summary>
    /// Addresses of proxies, with commas between, that end TLS: what they say in <c>X-Forwarded-Proto</c>, <c>X-Forwarded-Host</c>, <c>X-Controller-Id</c>
    /// and <c>X-Authority</c> holds. Default none.
    /// </summary>
    public string TrustedProxies { get; set; } = "";

    /// <summary>
    /// Authorities, with commas between, whose certificates open the device that they name, as a trusted proxy says it in <c>X-Authority</c>. Default none.
    /// </summary>
    public string TrustedAuthorities { get; set; } = "";

    /// <summary>
    /// Which attributes say what of <c>deviceInformation</c>, the first one that is there: <c>fact=attribute|attribute;…</c> for the facts manufacturer,
    /// model, hwRevision and swVersion.
    /// </summary>
    public string Attributes { get; set; } =
        "manufacturer=manufacturer|vendor;model=model|device_type|product|board;hwRevision=hwRevision|hwId|hw_revision|revision;swVersion=swVersion|artifact_name|sw_version|version";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (GatewayToken is not (null or "") && (GatewayToken.Length is < 16 or > 128 || GatewayToken.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            yield return new ValidationResult("Ddi:GatewayToken must have 16 to 128 printable ASCII characters without spaces, or none.");
        }

        if (!Array.TrueForAll(Listed(TrustedProxies), static proxy => IPAddress.TryParse(proxy, out _)))
        {
            yield return new ValidationResult("Ddi:TrustedProxies must be IP addresses with commas between.");
        }

        if (!AttributeTable.TryParse(Attributes, out _, out var problem))
        {
            yield return new ValidationResult($"Ddi:Attributes: {problem}");
        }
    }

    internal static string[] Listed(string text) => text.Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

[OptionsValidator]
internal sealed partial class DdiOptionsValidator : IValidateOptions<DdiOptions>;
