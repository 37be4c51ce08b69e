using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Muster.Wire;

namespace Muster.Survival;

/// <param name="Status">IoT Hub's status of a twin request; 0 for a PUBACK or SUBACK.</param>
/// <param name="Version">The section's version after a report; else 0.</param>
internal sealed record WireReply(int Status, long Version, string Text);

internal sealed partial class DeviceWire
{
    private async Task ReadAsync()
    {
        var buffer = new byte[2048];
        var filled = 0;
        try
        {
            while (await stream.ReadAsync(buffer.AsMemory(filled)) is > 0 and var count)
            {
                filled += count;
                var used = TakeAll(buffer.AsSpan(0, filled));
                buffer.AsSpan(used, filled - used).CopyTo(buffer);
                filled -= used;
                if (filled == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The end of a connection, whichever way.
        }

        End();
    }

    private int TakeAll(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (PacketBytes.Measure(bytes[used..]) is { } measured && used + measured.Length <= bytes.Length)
        {
            Take(bytes[used], bytes[(used + measured.Header)..(used + measured.Length)]);
            used += measured.Length;
        }

        return used;
    }

    private void Take(byte first, ReadOnlySpan<byte> body)
    {
        switch (first >> 4)
        {
            case 3:
                TakePublish(PacketBytes.TopicOf(body, out var payload), Encoding.UTF8.GetString(payload));
                break;
            case 4:
                Complete("p" + BinaryPrimitives.ReadUInt16BigEndian(body).ToString(CultureInfo.InvariantCulture), new WireReply(0, 0, ""));
                break;
            case 9:
                Complete("s" + BinaryPrimitives.ReadUInt16BigEndian(body).ToString(CultureInfo.InvariantCulture), new WireReply(0, 0, ""));
                break;
        }
    }

    private void TakePublish(string topic, string payload)
    {
        var rid = Parameter(topic, "$rid=");
        if (topic.StartsWith("$iothub/twin/res/", StringComparison.Ordinal))
        {
            var status = int.Parse(topic.Split('/')[3], CultureInfo.InvariantCulture);
            var version = long.TryParse(Parameter(topic, "$version="), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            Complete("r" + rid, new WireReply(status, version, payload));
        }
        else if (topic.StartsWith("$iothub/methods/POST/", StringComparison.Ordinal))
        {
            var answer = Encoding.UTF8.GetBytes(answerMethod(payload));
            _ = AnswerAsync(MqttPackets.Publish($"$iothub/methods/res/200/?$rid={rid}", answer));
        }
    }

    private async Task AnswerAsync(byte[] packet)
    {
        try
        {
            await WriteAsync(packet, Ended);
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The caller of the method sees a time-out.
        }
    }

    private void Complete(string what, WireReply reply)
    {
        if (pending.TryRemove(what, out var waiting))
        {
            waiting.TrySetResult(reply);
        }
    }

    private void End()
    {
        if (!ended.IsCancellationRequested)
        {
            ended.Cancel();
        }

        foreach (var waiting in pending.Values)
        {
            waiting.TrySetException(new IOException("the connection ended"));
        }
    }

    private static string Parameter(string topic, string name)
    {
        var at = topic.IndexOf(name, StringComparison.Ordinal);
        return at < 0 ? "" : topic[(at + name.Length)..].Split('&')[0];
    }
}
