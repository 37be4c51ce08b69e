using System.Net;

namespace Muster.Survival;

/// <summary>A silo that serves REST.</summary>
internal sealed record SiloAddress(string Name, IPEndPoint Https);

/// <summary>What is made to suffer: a cluster, or one hub with embedded storage.</summary>
internal abstract class Testbed : IAsyncDisposable
{
    internal HubTarget Hub { get; private protected set; } = null!;

    /// <summary>Where everything that it leaves behind is.</summary>
    internal abstract string Folder { get; }

    /// <summary>All silos that there should be, running or not.</summary>
    internal abstract IReadOnlyList<SiloAddress> Silos { get; }

    public abstract ValueTask DisposeAsync();
}
