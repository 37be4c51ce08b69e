using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using Muster.Devices;
using Muster.Json;
using Muster.Twins;

namespace Muster.Updates;

/// <summary>A device as update agents see it: its row and its offer are whatever the test says, and what an agent says of it is kept.</summary>
internal sealed class FakeAgentDevice
{
    internal DeviceState? Row { get; set; }

    internal IdentitySpec? Spec { get; private set; }

    internal string? Tags { get; private set; }

    internal AgentOffer? Offer { get; set; }

    /// <summary>Where the update stands when nothing is offered; null if there never was one.</summary>
    internal UpdateStatus? Status { get; set; }

    /// <summary>What becomes of a report; by default it is accepted if it is about the offer.</summary>
    internal Func<AgentReport, UpdateReply>? Judge { get; set; }

    /// <summary>What happens in the device once something was reported of it.</summary>
    internal Action? Patched { get; set; }

    internal ConcurrentQueue<AgentReport> Reports { get; } = new();

    internal ConcurrentQueue<UpdateAgent> Polls { get; } = new();

    internal ConcurrentQueue<string> Patches { get; } = new();

    /// <summary>As it is to be read from the store. The fake keeps where its update stands elsewhere than in the row.</summary>
    internal DeviceState? Stored => Row is null ? null : Row with { Update = Status is null ? null : "{}"u8.ToArray() };

    internal IDeviceGrain Grain => Forward.To<IDeviceGrain>(this);

    public Task<IdentityReply> CreateAsync(IdentitySpec spec, TwinChange? twin)
    {
        (Spec, Tags) = (spec, twin?.Tags?.ToString());
        Row = new DeviceState
        {
            Identity = new IdentityState { GenerationId = 639, AuthenticationType = spec.Authentication.Type },
            Tags = Tags is null ? null : Encoding.UTF8.GetBytes(Tags),
        };
        return Task.FromResult<IdentityReply>(new IdentityReply.Accepted(new DeviceIdentity
        {
            DeviceId = "",
            GenerationId = Row.Identity.GenerationId.ToString(CultureInfo.InvariantCulture),
            ETag = "",
            Status = DeviceStatus.Enabled,
            ConnectionState = ConnectionState.Disconnected,
            Authentication = spec.Authentication,
        }));
    }

    public Task<ReportedReply> PatchReportedAsync(JsonUtf8 patch, long? ifVersion, ReportOrigin? origin)
    {
        // All that is reported here is said at once.
        Patches.Enqueue(patch.ToString());
        Row = Row is null ? null : Row with { Reported = new TwinSection { Json = patch.Memory.ToArray() } };
        Patched?.Invoke();
        return Task.FromResult<ReportedReply>(new ReportedReply.Accepted(Patches.Count + 1));
    }

    public Task<AgentOffer?> PollUpdateAsync(UpdateAgent agent)
    {
        Polls.Enqueue(agent);
        return Task.FromResult(Offer);
    }

    public Task<UpdateReply> ReportUpdateAsync(AgentReport report)
    {
        var reply = Judge?.Invoke(report)
            ?? (Offer is { } offer && offer.WireId == report.WireId ? new UpdateReply.Accepted(offer.Status) : new UpdateReply.Unknown());
        if (reply is not UpdateReply.Unknown)
        {
            Reports.Enqueue(report);
        }

        return Task.FromResult(reply);
    }

    public ValueTask<DeviceUpdateView?> GetUpdateAsync() => ValueTask.FromResult(Status is not { } status ? null : new DeviceUpdateView
    {
        Rollout = "r",
        Group = 0,
        Release = "fw",
        Version = "2.0.0",
        Status = status,
        Since = DateTimeOffset.UnixEpoch,
        Attempt = 1,
        WireId = Offer?.WireId ?? 1,
    });
}

/// <summary>Devices of a test, as a grain factory and as a store.</summary>
internal sealed class FakeAgentDevices : IDeviceReader
{
    private readonly ConcurrentDictionary<string, FakeAgentDevice> devices = new(StringComparer.Ordinal);

    internal FakeAgentDevice this[string deviceId] => devices.GetOrAdd(deviceId, static _ => new FakeAgentDevice());

    internal IGrainFactory Factory => Forward.To<IGrainFactory>(this);

    public ValueTask<DeviceState?> ReadAsync(DeviceKey key, CancellationToken cancellationToken) => ValueTask.FromResult(this[key.ToString()].Stored);

    /// <summary>What <c>IGrainFactory.GetGrain</c> comes to.</summary>
    public IDeviceGrain GetGrain(string key, string? prefix) => this[key].Grain;

    /// <param name="deviceId">The device.</param>
    /// <param name="reported">Its reported properties as JSON.</param>
    /// <param name="tags">Its tags as JSON.</param>
    /// <param name="status">Whether it may connect.</param>
    internal FakeAgentDevice Register(string deviceId, string? reported = null, string? tags = null, DeviceStatus status = DeviceStatus.Enabled)
    {
        this[deviceId].Row = new DeviceState
        {
            Identity = new IdentityState { GenerationId = 638, Status = status, AuthenticationType = AuthenticationType.None },
            Reported = new TwinSection { Json = reported is null ? null : Encoding.UTF8.GetBytes(reported) },
            Tags = tags is null ? null : Encoding.UTF8.GetBytes(tags),
        };
        return this[deviceId];
    }
}

/// <summary>An interface whose calls go to the methods of that name and number of arguments that an object has; it has no others.</summary>
public class Forward : DispatchProxy
{
    private object? target;

    internal static T To<T>(object target)
        where T : class
    {
        var proxy = Create<T, Forward>();
        ((Forward)(object)proxy).target = target;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var method = target!.GetType().GetMethods()
            .FirstOrDefault(one => one.Name == targetMethod!.Name && one.GetParameters().Length == args!.Length)
            ?? throw new NotSupportedException($"The fake has no {targetMethod!.Name}.");
        return method.Invoke(target, args);
    }
}
