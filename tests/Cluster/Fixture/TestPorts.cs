using System.Collections.Immutable;
using Muster.Access;
using Muster.Telemetry;

namespace Muster.Fixture;

/// <summary>Reverses the bytes: enough to see that what is stored is not what is shown.</summary>
internal sealed class TestSecrets : ISecretProtector
{
    public byte[] Protect(ReadOnlySpan<byte> secret)
    {
        var bytes = secret.ToArray();
        Array.Reverse(bytes);
        return bytes;
    }

    public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret) => Protect(protectedSecret);
}

internal sealed class TestPolicies : IAccessPolicies
{
    public IReadOnlyCollection<AccessPolicy> All { get; } =
        [new("iothubowner", (AccessRights)15, Convert.ToBase64String(new byte[32]), Convert.ToBase64String(new byte[32]))];

    public AccessPolicy? Find(string name) => All.FirstOrDefault(policy => policy.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public bool IsHostName(ReadOnlySpan<char> host) => host is "localhost";
}

/// <summary>A log in which nothing happens, so that the pumps of these clusters rest.</summary>
internal sealed class QuietEventLog : IEventLog, ICheckpointStore
{
    public int PartitionCount => PartitionHash.EventPartitions;

    public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count) => ValueTask.CompletedTask;

    public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken) =>
        ValueTask.FromResult(ImmutableArray<StoredEvent>.Empty);

    public async ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);

    public PartitionStatus Describe(int partition) => new(partition, 0, 0, null);

    public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken) => ValueTask.FromResult(0L);

    public Task<CheckpointLease> AcquireAsync(string consumer, int partition, CancellationToken cancellationToken) =>
        Task.FromResult(new CheckpointLease(consumer, partition, 1, 0));

    public Task<bool> SaveAsync(CheckpointLease lease, long nextOffset, CancellationToken cancellationToken) => Task.FromResult(true);
}
