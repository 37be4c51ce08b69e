using System.Text.Json;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Devices;

/// <summary>The body of a PUT of a device or module.</summary>
internal sealed record IdentityRequest : IRequestMessage<IdentityRequest>
{
    public static int MaxBytes => 64 * 1024;

    /// <summary>If given, the id in the URL.</summary>
    public string? DeviceId { get; init; }

    /// <summary>If given, the module id in the URL.</summary>
    public string? ModuleId { get; init; }

    /// <summary><c>enabled</c> or <c>disabled</c>. Default <c>enabled</c>.</summary>
    public string? Status { get; init; }

    /// <summary>Why the status is what it is, at most 128 characters.</summary>
    public string? StatusReason { get; init; }

    public AuthenticationMessage? Authentication { get; init; }

    public CapabilitiesMessage? Capabilities { get; init; }

    /// <summary>Edge scope.</summary>
    public string? DeviceScope { get; init; }

    public string[]? ParentScopes { get; init; }

    /// <summary>Who manages a module.</summary>
    public string? ManagedBy { get; init; }

    public static IdentityRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ApiJson.Default.IdentityRequest) ?? throw new JsonException("an object was expected.");

    public Refusal? Check(RequestIds route) =>
        DeviceId is not null && DeviceId != route.DeviceId ? Wrong($"The body is about device {DeviceId}, the URL about {route.DeviceId}.")
        : ModuleId is not null && ModuleId != route.ModuleId ? Wrong($"The body is about module {ModuleId}, the URL about {route.ModuleId}.")
        : IdentityWords.Check(Status, Authentication?.Type, ParentScopes);

    internal IdentitySpec ToSpec() => new()
    {
        Status = IdentityWords.Status(Status) ?? DeviceStatus.Enabled,
        StatusReason = StatusReason,
        Authentication = IdentityWords.Authentication(Authentication),
        IotEdge = Capabilities?.IotEdge ?? false,
        DeviceScope = DeviceScope,
        ParentScopes = ParentScopes ?? [],
        ManagedBy = ManagedBy,
    };

    private static Refusal Wrong(string message) => new(HubErrorCode.ArgumentInvalid, message);
}
