using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Mender;

/// <summary>An update's id as Mender has them: a UUID, made from the number on the wire and the device, so that it need not be kept (RFC 9562, version 8).</summary>
internal static class DeploymentId
{
    internal static Guid Make(string deviceId, int wireId)
    {
        Span<byte> bytes = stackalloc byte[16];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{wireId}\n{deviceId}"))).AsSpan(0, 16).CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes, wireId);
        bytes[6] = (byte)(0x80 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Null if it is no id of an update of this device.</summary>
    internal static int? Read(string deviceId, Guid id)
    {
        var wireId = BinaryPrimitives.ReadInt32BigEndian(id.ToByteArray(bigEndian: true));
        return wireId > 0 && Make(deviceId, wireId) == id ? wireId : null;
    }
}
