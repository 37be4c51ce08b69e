using Muster.CloudToDevice;

namespace Muster.Amqp;

/// <summary>The application property <c>iothub-ack</c> of messages to devices.</summary>
internal static class AckLevels
{
    public const string Property = "iothub-ack";

    /// <summary>Null for none, which is not written.</summary>
    public static string? NameOf(FeedbackLevel level) => level switch
    {
        FeedbackLevel.Positive => "positive",
        FeedbackLevel.Negative => "negative",
        FeedbackLevel.Full => "full",
        _ => null,
    };

    /// <summary>False: it is not one of none, positive, negative and full, in any case.</summary>
    public static bool TryParse(string? text, out FeedbackLevel level)
    {
        level = text?.ToUpperInvariant() switch
        {
            null or "" or "NONE" => FeedbackLevel.None,
            "POSITIVE" => FeedbackLevel.Positive,
            "NEGATIVE" => FeedbackLevel.Negative,
            "FULL" => FeedbackLevel.Full,
            _ => (FeedbackLevel)(-1),
        };
        return level >= FeedbackLevel.None;
    }
}
