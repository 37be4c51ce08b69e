using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Events;
using Muster.Json;
using Muster.Methods;
using Muster.Sessions;
using Muster.Telemetry;
using Muster.Twins;
using Muster.Upstream;
using Orleans.Runtime;

namespace Muster.Fixture;

/// <summary>An IoT hub in memory: registry, twins and what is asked of them. A test acts in its devices' and operators' name, and can take it down.</summary>
internal sealed class TestUpstream : IUpstreamHub
{
    private static readonly SiloAddress Somewhere = SiloAddress.New(IPEndPoint.Parse("127.0.0.1:1"), 1);
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, (DeviceKey Key, DeviceState State)> rows = new(StringComparer.Ordinal);
    private readonly DeviceEventEncoder encoder = new("upstream");
    private int unanswered;
    private long clock = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).UtcTicks;

    internal TestUpstreamEvents Events { get; } = new();

    internal TestUpstreamQueues Queues { get; } = new();

    /// <summary>True: nothing answers, and links end.</summary>
    internal bool IsDown
    {
        get => Events.IsDown;
        set => Events.IsDown = value;
    }

    /// <summary>True: changes are made, and no event tells of them.</summary>
    internal bool IsSilent { get; set; }

    internal List<(DeviceKey Key, CloudMessage Message)> Messages { get; } = [];

    internal MethodReply MethodReply { get; set; } = new MethodReply.Answered(200, JsonUtf8.Parse("""{"ok":true}"""));

    /// <summary>The next change is made, and its caller does not hear of it.</summary>
    internal void LoseNextAnswer() => Interlocked.Increment(ref unanswered);

    internal DeviceState? Stored(string key)
    {
        lock (gate)
        {
            return rows.TryGetValue(key, out var row) ? row.State : null;
        }
    }

    internal string Twin(string key)
    {
        lock (gate)
        {
            var (device, state) = rows[key];
            return Text(device, state).ToString();
        }
    }

    internal void Create(string key)
    {
        lock (gate)
        {
            Create(DeviceKey.Parse(key, CultureInfo.InvariantCulture), new IdentitySpec());
        }
    }

    internal void Delete(string key)
    {
        lock (gate)
        {
            Remove(rows[key].Key);
        }
    }

    /// <summary>The device says what it is.</summary>
    internal void Report(string key, string json) => Move(key, (state, now) => TwinMachine.Report(state, JsonUtf8.Parse(json), null, now));

    /// <summary>An operator of the hub itself changes the twin.</summary>
    internal void Change(string key, string desired) => Move(key, (state, now) => TwinMachine.Change(state, new TwinChange { Desired = JsonUtf8.Parse(desired) }, now));

    internal void Connect(string key, bool connects)
    {
        lock (gate)
        {
            var (device, state) = rows[key];
            var epoch = state.Session.Epoch + (connects ? 1 : 0);
            var session = new SessionState { Current = connects ? new SessionRef(Somewhere, 1, epoch) : null, Epoch = epoch, ChangedAt = Now() };
            rows[key] = (device, state with { Session = session });
            Tell(new DeviceEvent.ConnectionChanged(device, state, epoch, connects, Now()));
        }
    }

    internal void Say(string key, string json)
    {
        lock (gate)
        {
            var (device, state) = rows[key];
            var to = new ArrayBufferWriter<byte>();
            var writer = new EventWriter(to, new EventOrigin(device.DeviceId, device.ModuleId, Generation(state), "{}"), EventSource.Telemetry);
            writer.SystemProperty("content-type"u8, "application/json"u8);
            writer.End(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)));
            Events.Add(to.WrittenMemory, Now());
        }
    }

    public Task<UpstreamReply> GetTwinAsync(DeviceKey key, CancellationToken cancellationToken) => AskAsync(() => Find(key, Text));

    public Task<UpstreamReply> GetIdentityAsync(DeviceKey key, CancellationToken cancellationToken) => AskAsync(() => Find(key, Identity));

    public Task<UpstreamReply> ChangeTwinAsync(DeviceKey key, TwinChange change, CancellationToken cancellationToken) => AskAsync<UpstreamReply>(() =>
    {
        if (!rows.TryGetValue(key.ToString(), out var row))
        {
            return new UpstreamReply.Refused(Refusals.NotFound(key.ToString()));
        }

        if (TwinMachine.Change(row.State, change, Now()) is not TwinMove.Moved moved)
        {
            return new UpstreamReply.Refused(Refusals.Changed("Somebody else was faster."));
        }

        rows[key.ToString()] = (key, moved.Next);
        Tell(new DeviceEvent.TwinChanged(key, moved, change.Replace, Now()));
        return Answer(new UpstreamReply.Found(Text(key, moved.Next)));
    });

    public Task<UpstreamReply> PutIdentityAsync(DeviceKey key, IdentitySpec spec, string? ifMatch, CancellationToken cancellationToken) => AskAsync<UpstreamReply>(() =>
    {
        if (!rows.TryGetValue(key.ToString(), out var row))
        {
            return ifMatch is not null ? new UpstreamReply.Refused(Refusals.NotFound(key.ToString())) : Answer(new UpstreamReply.Found(Identity(key, Create(key, spec))));
        }

        if (ifMatch is null || !ETags.Matches(ifMatch, ETags.Identity(row.State.Identity)))
        {
            return new UpstreamReply.Refused(ifMatch is null ? new(HubErrorCode.DeviceAlreadyExists, "It is there.") : Refusals.Changed("Somebody else was faster."));
        }

        var next = row.State with
        {
            Identity = row.State.Identity with { Status = spec.Status, StatusReason = spec.StatusReason, Version = row.State.Identity.Version + 1 },
        };
        rows[key.ToString()] = (key, next);
        return Answer(new UpstreamReply.Found(Identity(key, next)));
    });

    public Task<Refusal?> DeleteIdentityAsync(DeviceKey key, string? ifMatch, CancellationToken cancellationToken) => AskAsync<Refusal?>(() =>
    {
        if (!rows.TryGetValue(key.ToString(), out var row))
        {
            return Refusals.NotFound(key.ToString());
        }

        if (!ETags.Matches(ifMatch, ETags.Identity(row.State.Identity)))
        {
            return Refusals.Changed("Somebody else was faster.");
        }

        Remove(key);
        return Answer<Refusal?>(null);
    });

    public Task<UpstreamPage> ListTwinsAsync(string? continuation, CancellationToken cancellationToken) => AskAsync(() =>
    {
        var from = continuation is null ? 0 : int.Parse(continuation, CultureInfo.InvariantCulture);
        var ordered = rows.Values.OrderBy(row => row.Key.IsModule).Skip(from).Take(3).Select(row => Text(row.Key, row.State)).ToImmutableArray();
        return new UpstreamPage(ordered, from + 3 < rows.Count ? (from + 3).ToString(CultureInfo.InvariantCulture) : null);
    });

    public Task<MethodReply> InvokeMethodAsync(DeviceKey key, MethodCall call, CancellationToken cancellationToken) => AskAsync(() => MethodReply);

    public Task<SendMessageReply> SendMessageAsync(DeviceKey key, CloudMessage message, CancellationToken cancellationToken) => AskAsync<SendMessageReply>(() =>
    {
        Messages.Add((key, message));
        return new SendMessageReply.Queued(Messages.Count);
    });

    public Task<PurgeMessagesReply> PurgeMessagesAsync(DeviceKey key, CancellationToken cancellationToken) => AskAsync<PurgeMessagesReply>(() =>
        new PurgeMessagesReply.Purged(Messages.RemoveAll(sent => sent.Key == key)));

    private async Task<T> AskAsync<T>(Func<T> answer)
    {
        await Task.Yield();
        lock (gate)
        {
            return IsDown ? throw new UpstreamFaultException("The hub is down, as the test says.") : answer();
        }
    }

    private T Answer<T>(T answer)
    {
        if (unanswered == 0)
        {
            return answer;
        }

        unanswered--;
        throw new UpstreamFaultException("No answer came, as the test says.");
    }

    private UpstreamReply Find(DeviceKey key, Func<DeviceKey, DeviceState, JsonUtf8> text) => rows.TryGetValue(key.ToString(), out var row)
        ? new UpstreamReply.Found(text(key, row.State))
        : new UpstreamReply.Refused(Refusals.NotFound(key.ToString()));

    private DeviceState Create(DeviceKey key, IdentitySpec spec)
    {
        var state = new DeviceState
        {
            Identity = new IdentityState { GenerationId = Now().UtcTicks, Version = 1, Status = spec.Status, StatusReason = spec.StatusReason },
            TwinVersion = 1,
        };
        rows.Add(key.ToString(), (key, state));
        Tell(new DeviceEvent.LifecycleChanged(key, state, isCreated: true, Now()));
        return state;
    }

    private void Remove(DeviceKey key)
    {
        rows.Remove(key.ToString(), out var row);
        Tell(new DeviceEvent.LifecycleChanged(key, row.State, isCreated: false, Now()));
    }

    private void Move(string key, Func<DeviceState, DateTimeOffset, TwinMove> move)
    {
        lock (gate)
        {
            var (device, state) = rows[key];
            var moved = (TwinMove.Moved)move(state, Now());
            rows[key] = (device, moved.Next);
            Tell(new DeviceEvent.TwinChanged(device, moved, isReplace: false, Now()));
        }
    }

    private void Tell(DeviceEvent news)
    {
        if (!IsSilent)
        {
            var to = new ArrayBufferWriter<byte>();
            encoder.Write(to, news);
            Events.Add(to.WrittenMemory, Now());
        }
    }

    // A clock of its own, which never stands still: generations are made of it.
    private DateTimeOffset Now() => new(Interlocked.Add(ref clock, TimeSpan.TicksPerMillisecond), TimeSpan.Zero);

    private static string Generation(DeviceState state) => state.Identity.GenerationId.ToString("D18", CultureInfo.InvariantCulture);

    private static JsonUtf8 Text(DeviceKey key, DeviceState state)
    {
        var json = new ArrayBufferWriter<byte>();
        TwinDocument.WriteService(json, key, state);
        return new JsonUtf8(json.WrittenSpan.ToArray());
    }

    private static JsonUtf8 Identity(DeviceKey key, DeviceState state) => JsonUtf8.From(new
    {
        key.DeviceId,
        key.ModuleId,
        GenerationId = Generation(state),
        Etag = ETags.Identity(state.Identity),
        Status = state.Identity.Status == DeviceStatus.Enabled ? "enabled" : "disabled",
        state.Identity.StatusReason,
        ConnectionStateUpdatedTime = state.Session.ChangedAt,
        Authentication = new { Type = "sas", SymmetricKey = new { PrimaryKey = "cHJpbWFyeQ==", SecondaryKey = "c2Vjb25kYXJ5" } },
    });
}
