using System.Globalization;
using System.Text;
using Muster.CloudToDevice;

namespace Muster.Mqtt;

/// <summary>
/// The topic that a message reaches its device by: <c>devices/{id}/messages/devicebound/{bag}</c>, the bag as in <see cref="PropertyBag"/>. Names and
/// values are percent-encoded, so that one with <c>=</c> or <c>&amp;</c> in it stays whole.
/// </summary>
internal static class CloudTopic
{
    /// <summary>The topic as UTF-8.</summary>
    public static byte[] Of(string deviceId, CloudMessage message)
    {
        var topic = new StringBuilder("devices/").Append(Level(deviceId)).Append("/messages/devicebound/");
        var begin = topic.Length;
        Add("$.mid", message.MessageId);
        Add("$.cid", message.CorrelationId);
        Add("$.uid", message.UserId);
        Add("$.to", message.To ?? $"/devices/{Uri.EscapeDataString(deviceId)}/messages/devicebound");
        Add("$.exp", message.ExpiresAt?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        Add("$.ct", message.ContentType);
        Add("$.ce", message.ContentEncoding);
        Add("iothub-ack", NameOf(message.Ack));
        foreach (var (name, value) in message.Properties)
        {
            Separate();
            topic.Append(Uri.EscapeDataString(name));
            if (value is not null)
            {
                topic.Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return Encoding.UTF8.GetBytes(topic.ToString());

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                Separate();
                topic.Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        void Separate()
        {
            if (topic.Length > begin)
            {
                topic.Append('&');
            }
        }
    }

    // A topic has no wildcards, though an id may have these characters.
    private static string Level(string deviceId) =>
        deviceId.Replace("+", "%2B", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);

    private static string? NameOf(FeedbackLevel ack) => ack switch
    {
        FeedbackLevel.Positive => "positive",
        FeedbackLevel.Negative => "negative",
        FeedbackLevel.Full => "full",
        _ => null,
    };
}
