using System.Text.Json;
using System.Text.Json.Serialization;

namespace Muster.Updates;

/// <summary>Plans by value: their lists compare by reference.</summary>
[JsonSerializable(typeof(DevicePlan))]
internal sealed partial class UpdateJson : JsonSerializerContext
{
    internal static bool AreSame(DevicePlan? a, DevicePlan? b) =>
        JsonSerializer.SerializeToUtf8Bytes(a, Default.DevicePlan).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(b, Default.DevicePlan));
}
