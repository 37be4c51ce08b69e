using System.Collections.Immutable;
using Muster.CloudToDevice;

namespace Muster.Gateway;

/// <summary>A service queue that lends what the test says, and keeps how it was settled.</summary>
internal sealed class FakeServiceQueue : IServiceQueueGrain
{
    internal LockedRecords? Lent { get; set; }

    internal (Guid Token, MessageOutcome Outcome)? Settled { get; private set; }

    public Task PutAsync(ImmutableArray<ServiceRecord> records) => throw new NotSupportedException();

    public Task<LockedRecords?> ReceiveAsync(int max, TimeSpan wait) => Task.FromResult(Lent);

    public Task<bool> SettleAsync(Guid lockToken, MessageOutcome outcome)
    {
        Settled = (lockToken, outcome);
        return Task.FromResult(lockToken == Lent?.LockToken);
    }
}
