using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Survival;

/// <param name="Number">From 0.</param>
internal sealed record DeviceIdentity(string Id, int Number, string Key)
{
    private const string Prefix = "survivor-";

    /// <summary>The same device has the same key in every run, so that a data folder can be used again.</summary>
    internal static DeviceIdentity Of(int number)
    {
        var id = Prefix + number.ToString("00000", CultureInfo.InvariantCulture);
        return new DeviceIdentity(id, number, Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes("muster survival " + id))));
    }

    /// <summary>Null for the id of another device.</summary>
    internal static int? NumberOf(ReadOnlySpan<char> id) =>
        id.StartsWith(Prefix) && int.TryParse(id[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
