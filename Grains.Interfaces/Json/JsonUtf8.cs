using System.Text;
using System.Text.Json;

namespace Muster.Json;

/// <summary>
/// One JSON value as UTF-8 bytes. The bytes are never changed after construction, so a grain call passes them on without a copy.
/// Its text was checked to be JSON by whoever read it from outside; grains check limits on top.
/// </summary>
[GenerateSerializer, Immutable, Alias("muster.JsonUtf8")]
public sealed class JsonUtf8
{
    [Id(0)]
    private readonly byte[] bytes;

    /// <summary>Takes ownership of <paramref name="bytes"/>: the caller must not change them afterwards.</summary>
    public JsonUtf8(byte[] bytes) => this.bytes = bytes ?? throw new ArgumentNullException(nameof(bytes));

    public static JsonUtf8 EmptyObject { get; } = new("{}"u8.ToArray());

    public static JsonUtf8 Null { get; } = new("null"u8.ToArray());

    public ReadOnlyMemory<byte> Memory => bytes;

    public ReadOnlySpan<byte> Span => bytes;

    /// <summary>Encodes <paramref name="json"/>; the text is not checked here.</summary>
    public static JsonUtf8 Parse(string json) => new(Encoding.UTF8.GetBytes(json));

    /// <summary>Serialises <paramref name="value"/> with System.Text.Json's web defaults.</summary>
    public static JsonUtf8 From<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web));

    public override string ToString() => Encoding.UTF8.GetString(bytes);
}
