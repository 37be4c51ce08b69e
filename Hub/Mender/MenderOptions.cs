using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>Devices with a Mender 3.x client. Bound from <c>Mender</c>; checked before the silo starts.</summary>
public sealed class MenderOptions : IValidatableObject
{
    public const string Section = "Mender";

    /// <summary>Whether it is served. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>What clients must say as <c>TenantToken</c>; a secret of 16 to 1024 characters. Default null: what they say is not looked at.</summary>
    public string? TenantToken { get; set; }

    /// <summary>
    /// True registers a device that is not registered, with the key by which it comes first, if it says the tenant token. Default false: it waits until an operator has
    /// registered it and put its key's fingerprint into the tag <c>mender.keySha256</c>.
    /// </summary>
    public bool AutoAccept { get; set; }

    /// <summary>
    /// Of the client's identity data, the attribute that is the device's id, characters that no id may have made hyphens; where there is none, the first
    /// one. Default <c>mac</c>.
    /// </summary>
    [RegularExpression("^[A-Za-z0-9._-]{1,64}$")]
    public string IdAttribute { get; set; } = "mac";

    /// <summary>How long a client's token holds; it asks for another by itself. Default 7 days; 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Which attributes of the inventory say what of <c>deviceInformation</c>, the first one that is there: <c>fact=attribute|attribute;…</c> for the facts
    /// manufacturer, model, hwRevision and swVersion.
    /// </summary>
    public string Attributes { get; set; } = "manufacturer=manufacturer|vendor;model=device_type;hwRevision=hwRevision|hw_revision|revision;swVersion=artifact_name";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TenantToken is not null && (TenantToken.Length is < 16 or > 1024 || TenantToken.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            yield return new ValidationResult("Mender:TenantToken must have 16 to 1024 printable ASCII characters without spaces.");
        }

        if (AutoAccept && TenantToken is null)
        {
            yield return new ValidationResult("Mender:AutoAccept needs a Mender:TenantToken: anybody could register devices otherwise.");
        }

        if (!AttributeTable.TryParse(Attributes, out _, out var problem))
        {
            yield return new ValidationResult($"Mender:Attributes: {problem}");
        }
    }
}

[OptionsValidator]
internal sealed partial class MenderOptionsValidator : IValidateOptions<MenderOptions>;
