namespace Muster;

/// <summary>Whether the silo takes devices. While it does not, CONNECT is answered "server unavailable", on which SDKs come back.</summary>
internal sealed class HubState
{
    private volatile bool ready;

    public bool IsReady => ready;

    public void Open() => ready = true;

    public void Close() => ready = false;
}
