using System.Security.Cryptography;
using System.Text;

namespace Muster.Access;

/// <summary>Keys of a hub that anybody knows.</summary>
internal sealed class TestKeys(string hub = "") : IKeyDerivation
{
    internal static PrincipalSeal Seal { get; } = new(new TestKeys());

    public byte[] Derive(string purpose) => SHA256.HashData(Encoding.UTF8.GetBytes(hub + purpose));
}
