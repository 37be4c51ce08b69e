using System.Collections.Concurrent;
using System.Collections.Immutable;
using Muster.Access;
using Muster.CloudToDevice;
using Muster.ConsumerGroups;
using Muster.Devices;
using Muster.Errors;
using Muster.Fleet;
using Muster.Gates;
using Muster.Json;
using Muster.Rollouts;
using Muster.Telemetry;
using Orleans.Runtime;

namespace Muster.Gateway;

/// <summary>Grains as plain objects: what a gateway asks is kept, what it is told is set by the test.</summary>
internal sealed class FakeCluster : IGrainFactory, IAccessGrain, IFleetGrain, IEventReaderGrain, IConsumerGroupsGrain
{
    internal FakeCluster() => (Rollouts, Principals) = (new FakeRollouts(this), new FakePrincipals(this));

    internal ConcurrentDictionary<string, FakeDevice> Devices { get; } = new(StringComparer.Ordinal);

    /// <summary>Thrown by every call, if set.</summary>
    internal Exception? Fault { get; set; }

    internal int Authentications { get; private set; }

    internal AccessGrant Grant { get; set; } = Owner;

    private static AccessGrant Owner { get; } = new()
    {
        PolicyName = "iothubowner",
        Rights = AccessRights.RegistryRead | AccessRights.RegistryWrite | AccessRights.ServiceConnect | AccessRights.DeviceConnect,
        Scope = "",
        ExpiresAt = DateTimeOffset.MaxValue,
    };

    internal QueryReply QueryReply { get; set; } = Nothing;

    private static QueryReply Nothing { get; } = new QueryReply.Found(new QueryPage(QueryItemType.Twin, JsonUtf8.Parse("[]"), null));

    internal void Reset()
    {
        Devices.Clear();
        (Fault, Authentications, Grant, LastQuery, LastRead, Stored) = (null, 0, Owner, default, default, []);
        QueryReply = Nothing;
        Groups = new ConsumerGroupsState();
        ServiceQueue = new FakeServiceQueue();
        Rollouts = new FakeRollouts(this);
        Principals = new FakePrincipals(this);
    }

    internal FakeRollouts Rollouts { get; private set; }

    internal FakePrincipals Principals { get; private set; }

    internal (string Query, int PageSize, string? Continuation) LastQuery { get; private set; }

    internal (int Partition, long From, int Max) LastRead { get; private set; }

    internal ImmutableArray<StoredEvent> Stored { get; set; } = [];

    internal FakeServiceQueue ServiceQueue { get; private set; } = new();

    internal FakeDevice Device(string key) => Devices.GetOrAdd(key, k => new FakeDevice(this, k));

    public Task<AccessReply> AuthenticatePolicyAsync(string token)
    {
        Break();
        Authentications++;
        return Task.FromResult<AccessReply>(token.Contains("sig=bad", StringComparison.Ordinal)
            ? new AccessReply.Refused(new Refusal(HubErrorCode.IotHubUnauthorizedAccess, "Unauthorized"))
            : new AccessReply.Granted(Grant));
    }

    public Task<PrincipalAccess> AuthenticatePrincipalAsync(string token) => Principals.AuthenticateAsync(token).AsTask();

    public Task<QueryReply> QueryAsync(string query, int pageSize, string? continuation)
    {
        LastQuery = (query, pageSize, continuation);
        return Task.FromResult(QueryReply);
    }

    public Task<ImmutableArray<DeviceIdentity>> ListDevicesAsync(int top) => Task.FromResult(List(device => device.ModuleId is null, top));

    public Task<ImmutableArray<DeviceIdentity>> ListModulesAsync(string deviceId) =>
        Task.FromResult(List(device => device.ModuleId is not null && device.DeviceId == deviceId, 50));

    public Task<FleetStatistics> GetStatisticsAsync() => Task.FromResult(new FleetStatistics(5, 3, 2, 1));

    public Task PingAsync() => Fault is null ? Task.CompletedTask : Task.FromException(Fault);

    public Task<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int max)
    {
        LastRead = (partition, fromOffset, max);
        return Task.FromResult(Stored);
    }

    public Task<ImmutableArray<PartitionStatus>> DescribeAsync() =>
        Task.FromResult(ImmutableArray.Create(new PartitionStatus(0, 3, 7, DateTimeOffset.UnixEpoch), new PartitionStatus(1, 0, 0, null)));

    /// <summary>The groups, by the rules that the grain has.</summary>
    internal ConsumerGroupsState Groups { get; set; } = new();

    ValueTask<ImmutableArray<ConsumerGroup>> IConsumerGroupsGrain.ListAsync() =>
        ValueTask.FromResult<ImmutableArray<ConsumerGroup>>([ConsumerGroupMachine.Find(Groups, ConsumerGroupName.Default)!, .. Groups.Groups]);

    ValueTask<ConsumerGroup?> IConsumerGroupsGrain.GetAsync(string name) => ValueTask.FromResult(ConsumerGroupMachine.Find(Groups, name));

    Task<ConsumerGroupReply> IConsumerGroupsGrain.CreateAsync(string name)
    {
        (Groups, var reply) = ConsumerGroupMachine.Create(Groups, name, DateTimeOffset.UnixEpoch);
        return Task.FromResult(reply);
    }

    Task<ConsumerGroupReply> IConsumerGroupsGrain.DeleteAsync(string name)
    {
        (Groups, var reply) = ConsumerGroupMachine.Delete(Groups, name);
        return Task.FromResult(reply);
    }

    internal void Break()
    {
        if (Fault is not null)
        {
            throw Fault;
        }
    }

    private ImmutableArray<DeviceIdentity> List(Func<DeviceIdentity, bool> wanted, int top) =>
        [.. Devices.Values.Select(device => device.Identity).OfType<DeviceIdentity>().Where(wanted).OrderBy(i => i.DeviceId, StringComparer.Ordinal).Take(top)];

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        (TGrainInterface)(typeof(TGrainInterface) == typeof(IServiceQueueGrain) ? ServiceQueue
            : typeof(TGrainInterface) == typeof(IRolloutGrain) || typeof(TGrainInterface) == typeof(IRolloutGatesGrain) ? Rollouts[primaryKey] : (object)Device(primaryKey));

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey =>
        (TGrainInterface)(Rollouts as object is TGrainInterface ? Rollouts : Principals as object is TGrainInterface ? Principals : (object)this);

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey => throw new NotSupportedException();

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();
}
