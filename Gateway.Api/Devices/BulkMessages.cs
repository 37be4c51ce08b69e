using System.Text.Json;
using Muster.Errors;
using Muster.Gateway;
using Muster.Json;
using Muster.Twins;

namespace Muster.Devices;

/// <summary>What a bulk item does.</summary>
internal enum ImportMode
{
    CreateOrUpdate,
    Create,
    Update,
    UpdateIfMatchETag,
    CreateOrUpdateIfMatchETag,
    Delete,
    DeleteIfMatchETag,
    UpdateTwin,
    UpdateTwinIfMatchETag,
}

/// <summary>One item of a bulk request.</summary>
internal sealed record BulkItem
{
    public string? Id { get; init; }

    /// <summary>Null for the device itself.</summary>
    public string? ModuleId { get; init; }

    /// <summary>
    /// <c>create</c>, <c>createOrUpdate</c>, <c>update</c>, <c>updateIfMatchETag</c>, <c>createOrUpdateIfMatchETag</c>, <c>delete</c>,
    /// <c>deleteIfMatchETag</c>, <c>updateTwin</c> or <c>updateTwinIfMatchETag</c>, in any case. Default <c>createOrUpdate</c>.
    /// </summary>
    public string? ImportMode { get; init; }

    /// <summary>The identity's etag, for the modes that match it.</summary>
    public string? ETag { get; init; }

    /// <summary>The twin's etag, for <c>updateTwinIfMatchETag</c>.</summary>
    public string? TwinETag { get; init; }

    public string? Status { get; init; }

    public string? StatusReason { get; init; }

    public AuthenticationMessage? Authentication { get; init; }

    public CapabilitiesMessage? Capabilities { get; init; }

    public string? DeviceScope { get; init; }

    public string[]? ParentScopes { get; init; }

    public string? ManagedBy { get; init; }

    /// <summary>Tags to merge into the twin.</summary>
    public JsonElement? Tags { get; init; }

    public BulkProperties? Properties { get; init; }

    internal Refusal? Check() =>
        Mode is null ? Wrong("importMode is none that exists.")
        : !DeviceKey.TryCreate(Id, ModuleId, out _) ? Wrong("id or moduleId is no valid id.")
        : IdentityWords.Check(Status, Authentication?.Type, ParentScopes);

    internal ImportMode? Mode =>
        ImportMode is null ? Devices.ImportMode.CreateOrUpdate
        : !char.IsAsciiLetter(ImportMode.FirstOrDefault()) || !Enum.TryParse<ImportMode>(ImportMode, ignoreCase: true, out var mode) ? null
        : mode;

    internal IdentitySpec ToSpec() => new IdentityRequest
    {
        Status = Status,
        StatusReason = StatusReason,
        Authentication = Authentication,
        Capabilities = Capabilities,
        DeviceScope = DeviceScope,
        ParentScopes = ParentScopes,
        ManagedBy = ManagedBy,
    }.ToSpec();

    /// <summary>Null where the item says nothing of the twin.</summary>
    internal TwinChange? ToTwinChange(string? ifMatch = null) =>
        Tags is null && Properties?.Desired is null ? null : new TwinChange { Tags = Raw(Tags), Desired = Raw(Properties?.Desired), IfMatch = ifMatch };

    private static JsonUtf8? Raw(JsonElement? element) => element is { } json ? JsonUtf8.Parse(json.GetRawText()) : null;

    private static Refusal Wrong(string message) => new(HubErrorCode.ArgumentInvalid, message);
}

/// <param name="Desired">Desired properties to merge into the twin.</param>
internal sealed record BulkProperties(JsonElement? Desired);

/// <summary>A bulk request: at most 100 items.</summary>
internal sealed record BulkRequest(IReadOnlyList<BulkItem> Items) : IRequestMessage<BulkRequest>
{
    internal const int MaxItems = 100;

    public static int MaxBytes => 2 * 1024 * 1024;

    public static BulkRequest Parse(ReadOnlySpan<byte> json)
    {
        var items = JsonSerializer.Deserialize(json, ApiJson.Default.BulkItemArray) ?? throw new JsonException("an array was expected.");
        return Array.IndexOf(items, null) < 0 ? new BulkRequest(items) : throw new JsonException("an item of the array is null.");
    }

    public Refusal? Check(RequestIds route) =>
        Items.Count > MaxItems ? new Refusal(HubErrorCode.ArgumentInvalid, $"A request may hold at most {MaxItems} items.") : null;
}

/// <summary>What became of a bulk request. Items that are not in <paramref name="Errors"/> stand, durably.</summary>
internal sealed record BulkResponse(bool IsSuccessful, BulkError[] Errors, BulkWarning[] Warnings);

/// <summary>Why an item changed nothing.</summary>
/// <param name="ErrorCode">IoT Hub's name of the error.</param>
/// <param name="ErrorStatus">The reason, for people.</param>
/// <param name="Operation">The item's import mode.</param>
internal sealed record BulkError(string? DeviceId, string? ModuleId, string ErrorCode, string ErrorStatus, string? Operation);

/// <summary>Never given; the SDKs expect the list.</summary>
internal sealed record BulkWarning(string? DeviceId, string? WarningCode, string? WarningStatus);
