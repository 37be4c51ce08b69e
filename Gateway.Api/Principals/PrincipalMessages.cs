using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Gateway;

namespace Muster.Access;

/// <summary>What a principal is to be.</summary>
internal sealed class PrincipalRequest : FieldsRequest, IRequestMessage<PrincipalRequest>
{
    internal const string Example = """{"name":"rosa.lindqvist@plant.example","roles":["author","firmware-lead"]}""";

    private const int MaxText = 64;

    public static int MaxBytes => 16 * 1024;

    /// <summary>1 to 64 lower-case ASCII letters, digits and - . _ @ characters.</summary>
    public string Name { get; private set; } = "";

    /// <summary>
    /// 1 to 16, each of 1 to 64 lower-case ASCII letters, digits and dashes: author writes rollouts, operator runs them; others are those that
    /// approval chains and gates name, such as firmware-lead, site-operations or safety-officer.
    /// </summary>
    public ImmutableArray<string> Roles { get; private set; } = [];

    /// <summary>At most 366 days from now. Default: 90 days from now.</summary>
    public DateTimeOffset? Expires { get; private set; }

    public static PrincipalRequest Parse(ReadOnlySpan<byte> json)
    {
        var request = new PrincipalRequest();
        JsonFields.ReadBody(json, request.Errors, request.Read);
        return request;
    }

    internal PrincipalSpec ToSpec() => new() { Name = Name, Roles = Roles, ExpiresAt = Expires };

    private void Read(JsonFields fields)
    {
        Name = fields.Text("name", MaxText, required: true) ?? "";
        Roles = fields.Texts("roles", PrincipalNames.MaxRoles, MaxText);
        Expires = fields.Time("expires");
    }
}

/// <summary>A principal; never its token.</summary>
/// <param name="Name">Who acts.</param>
/// <param name="Roles">What they may do.</param>
/// <param name="CreatedTime">UTC.</param>
/// <param name="Expires">UTC; from then on the token is refused.</param>
internal sealed record PrincipalResponse(string Name, ImmutableArray<string> Roles, DateTimeOffset CreatedTime, DateTimeOffset Expires)
{
    internal static PrincipalResponse From(Principal principal) => new(principal.Name, principal.Roles, principal.CreatedAt, principal.ExpiresAt);
}

/// <summary>A new principal.</summary>
/// <param name="Name">Who acts.</param>
/// <param name="Roles">What they may do.</param>
/// <param name="CreatedTime">UTC.</param>
/// <param name="Expires">UTC; from then on the token is refused.</param>
/// <param name="Token">For Authorization: Bearer. It is told this once.</param>
internal sealed record NewPrincipalResponse(string Name, ImmutableArray<string> Roles, DateTimeOffset CreatedTime, DateTimeOffset Expires, string Token)
{
    /// <summary>No token in the text: records print themselves, and tokens are never logged.</summary>
    public override string ToString() => $"NewPrincipalResponse {{ Name = {Name} }}";
}

/// <param name="Name">Who asks.</param>
/// <param name="Roles">What they may do.</param>
internal sealed record ActorResponse(string Name, ImmutableArray<string> Roles);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PrincipalRequest))]
[JsonSerializable(typeof(PrincipalResponse))]
[JsonSerializable(typeof(PrincipalResponse[]))]
[JsonSerializable(typeof(NewPrincipalResponse))]
[JsonSerializable(typeof(ActorResponse))]
internal sealed partial class PrincipalJson : JsonSerializerContext;
