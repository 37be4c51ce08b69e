using System.Collections.Concurrent;

namespace Muster.Amqp;

/// <summary>The AMQP connections of this silo, from the end of their SASL on. Thread-safe.</summary>
internal sealed class Connections
{
    private readonly ConcurrentDictionary<long, Peer> peers = new();

    public int Count => peers.Count;

    public void Add(Peer peer) => peers[peer.ConnectionId] = peer;

    public void Remove(Peer peer) => peers.TryRemove(peer.ConnectionId, out _);

    public Peer[] Snapshot() => [.. peers.Values];
}
