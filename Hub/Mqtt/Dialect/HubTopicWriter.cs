using System.Buffers.Text;
using System.Text;

namespace Muster.Mqtt;

/// <summary>Composes a topic from the hub to a device in a span that is long enough.</summary>
internal ref struct HubTopicWriter(Span<byte> buffer)
{
    /// <summary>Enough for every topic here: fixed parts, numbers, a request id or a method name.</summary>
    public const int MaxBytes = 128 + Topics.MaxRequestIdBytes;

    private readonly Span<byte> buffer = buffer;
    private int length;

    public readonly ReadOnlySpan<byte> Written => buffer[..length];

    /// <summary><c>$iothub/twin/res/{status}/?$rid={rid}[&amp;$version={n}]</c></summary>
    public void TwinResponse(int status, ReadOnlySpan<byte> requestId, long? version)
    {
        Append("$iothub/twin/res/"u8);
        Append(status);
        Append("/?$rid="u8);
        Append(requestId);
        if (version is { } number)
        {
            Append("&$version="u8);
            Append(number);
        }
    }

    /// <summary><c>$iothub/twin/PATCH/properties/desired/?$version={n}</c></summary>
    public void DesiredChange(long version)
    {
        Append("$iothub/twin/PATCH/properties/desired/?$version="u8);
        Append(version);
    }

    /// <summary><c>$iothub/methods/POST/{name}/?$rid={hex}</c></summary>
    public void MethodRequest(string name, long requestId)
    {
        Append("$iothub/methods/POST/"u8);
        length += Encoding.UTF8.GetBytes(name, buffer[length..]);
        Append("/?$rid="u8);
        Utf8Formatter.TryFormat(requestId, buffer[length..], out var used, new System.Buffers.StandardFormat('x'));
        length += used;
    }

    private void Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(buffer[length..]);
        length += text.Length;
    }

    private void Append(long number)
    {
        Utf8Formatter.TryFormat(number, buffer[length..], out var used);
        length += used;
    }
}
