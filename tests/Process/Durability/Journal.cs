namespace Muster.Durability;

/// <summary>
/// What one writer of one twin section sent and what was acknowledged. Write n sets <c>counter</c> to n and, alone in its section, must raise
/// <c>$version</c> by one.
/// </summary>
internal sealed class Journal
{
    private long acknowledgedVersion = 1;

    /// <summary>The last counter sent; one ahead of <see cref="Acknowledged"/> while a write is under way.</summary>
    internal int Sent { get; private set; }

    internal int Acknowledged { get; private set; }

    /// <summary>The counter to write next.</summary>
    internal int Begin() => ++Sent;

    internal void Acknowledge(long version)
    {
        Assert.Equal(acknowledgedVersion + 1, version);
        acknowledgedVersion = version;
        Acknowledged = Sent;
    }

    /// <summary>
    /// Compares with what stands after a restart: every acknowledged write, and of the one in flight either all or nothing. From here on the
    /// journal goes on from what stands.
    /// </summary>
    internal void Resume(string whose, int counter, long version)
    {
        Assert.True(counter == Acknowledged || counter == Sent, $"{whose}: counter {counter} stands; {Acknowledged} was acknowledged, {Sent} sent.");
        Assert.True(
            version == acknowledgedVersion + counter - Acknowledged,
            $"{whose}: $version {version} stands at counter {counter}; {acknowledgedVersion} was acknowledged with {Acknowledged}.");
        Sent = Acknowledged = counter;
        acknowledgedVersion = version;
    }
}
