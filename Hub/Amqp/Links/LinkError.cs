using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Amqp;

/// <summary>Why a link, a delivery or a connection was ended: an AMQP condition, and a text for people or, from IoT Hub, JSON.</summary>
/// <param name="Condition">One of <see cref="LinkConditions"/>.</param>
/// <param name="Description">What SDKs show.</param>
internal sealed record LinkError(string Condition, string Description)
{
    /// <summary>The error's <c>info</c> map; its values are AMQP types (string, int, long, …). A redirect stands here.</summary>
    public ImmutableDictionary<string, object> Info { get; init; } = ImmutableDictionary<string, object>.Empty;

    /// <summary>The condition that SDKs make their own error of, and IoT Hub's JSON.</summary>
    public static LinkError From(Refusal refusal) =>
        new(LinkConditions.For(refusal.Code), HubErrorText.Json((int)refusal.Code, refusal.Message));

    /// <summary>Nothing is at that address.</summary>
    public static LinkError NotFound(LinkAddress address) => new(
        LinkConditions.NotFound, HubErrorText.Json(404006, $"The link address {address} did not match any known address of this hub."));

    public static LinkError Unauthorized(string message) =>
        new(LinkConditions.UnauthorizedAccess, HubErrorText.Json((int)HubErrorCode.IotHubUnauthorizedAccess, message));
}

/// <summary>AMQP 1.0 section 2.8 and IoT Hub's own conditions, as the SDKs tell them apart.</summary>
internal static class LinkConditions
{
    public const string InternalError = "amqp:internal-error";
    public const string NotFound = "amqp:not-found";
    public const string UnauthorizedAccess = "amqp:unauthorized-access";
    public const string ResourceLimitExceeded = "amqp:resource-limit-exceeded";
    public const string NotAllowed = "amqp:not-allowed";
    public const string NotImplemented = "amqp:not-implemented";
    public const string InvalidField = "amqp:invalid-field";
    public const string DecodeError = "amqp:decode-error";
    public const string PreconditionFailed = "amqp:precondition-failed";
    public const string ConnectionForced = "amqp:connection:forced";
    public const string FramingError = "amqp:connection:framing-error";
    public const string DetachForced = "amqp:link:detach-forced";
    public const string Stolen = "amqp:link:stolen";
    public const string Redirect = "amqp:link:redirect";
    public const string TransferLimitExceeded = "amqp:link:transfer-limit-exceeded";
    public const string MessageSizeExceeded = "amqp:link:message-size-exceeded";
    public const string ArgumentError = "com.microsoft:argument-error";
    public const string Timeout = "com.microsoft:timeout";
    public const string DeviceAlreadyExists = "com.microsoft:device-already-exists";
    public const string DeviceContainerThrottled = "com.microsoft:device-container-throttled";

    internal static string For(HubErrorCode code) => ((int)code / 1000) switch
    {
        401 => UnauthorizedAccess,
        403 when code == HubErrorCode.DeviceDisabled => UnauthorizedAccess,
        403 => ResourceLimitExceeded,
        404 => NotFound,
        409 => DeviceAlreadyExists,
        412 => PreconditionFailed,
        413 => MessageSizeExceeded,
        429 => DeviceContainerThrottled,
        503 or 504 => Timeout,
        400 => ArgumentError,
        _ => InternalError,
    };
}
