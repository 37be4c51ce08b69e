using Amqp.Framing;
using Muster.Amqp;
using Muster.Devices;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>What failures on the wire mean here, in words of bounded length. Pure.</summary>
internal static class WireErrors
{
    private const int MaxSentence = 300;

    /// <summary>The innermost reason, which names the cause.</summary>
    internal static string Reason(Exception exception) => Sentence(exception.GetBaseException().Message);

    internal static string Sentence(string text) => text.Length <= MaxSentence ? text : text[..MaxSentence] + "…";

    /// <summary>A link or its connection is over.</summary>
    /// <param name="what">What was at its end, the subject of a sentence.</param>
    /// <param name="error">Null where the other side said nothing.</param>
    internal static UpstreamFaultException Ended(string what, Error? error) => error switch
    {
        null => new($"{what} ended: the connection was lost."),
        _ when error.Condition == LinkConditions.Stolen => new($"{what} ended: another has taken its place. {Describe(error)}"),
        _ => new($"{what} ended: {Describe(error)}"),
    };

    /// <summary>What a rejected message was rejected for.</summary>
    internal static Refusal Rejected(Error? error, DeviceKey key)
    {
        var known = RestErrors.CodeOf(error?.Description, out var text);
        var code = known ?? (error?.Condition?.ToString()) switch
        {
            LinkConditions.NotFound => key.IsModule ? HubErrorCode.ModuleNotFound : HubErrorCode.DeviceNotFound,
            LinkConditions.ResourceLimitExceeded => HubErrorCode.DeviceMaximumQueueDepthExceeded,
            LinkConditions.MessageSizeExceeded => HubErrorCode.MessageTooLarge,
            LinkConditions.PreconditionFailed => HubErrorCode.PreconditionFailed,
            LinkConditions.InternalError or LinkConditions.Timeout => HubErrorCode.ServiceUnavailable,
            { } condition when IsThrottling(condition) => HubErrorCode.ThrottlingException,
            _ => HubErrorCode.ArgumentInvalid,
        };
        return new Refusal(code, Sentence(text.Length > 0 ? text : $"The upstream hub rejected the message to {key}."));
    }

    internal static bool IsThrottling(string condition) =>
        condition.Contains("throttl", StringComparison.OrdinalIgnoreCase) || condition.EndsWith("server-busy", StringComparison.OrdinalIgnoreCase);

    private static string Describe(Error error)
    {
        RestErrors.CodeOf(error.Description, out var text);
        return Sentence(text.Length > 0 ? text : error.Condition?.ToString() ?? "no reason was given");
    }
}
