using System.Security.Cryptography;
using System.Text;
using Muster.Access;

namespace Muster.Fixture;

/// <summary>The same keys on every silo, of no master key.</summary>
internal sealed class SameKeys : IKeyDerivation
{
    public byte[] Derive(string purpose) => SHA256.HashData(Encoding.UTF8.GetBytes(purpose));
}
