using System.Buffers;
using Muster.Json;
using Muster.Sessions;
using Muster.Twins;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    private const int MaxOutboxBytes = 1024 * 1024;
    private const int BytesPerChange = 128;
    private Queue<DesiredChange>? outbox;
    private int outboxBytes;
    private ReportOrigin? lastReport;

    public ValueTask<TwinReply> GetTwinAsync() =>
        ValueTask.FromResult<TwinReply>(Committed is { } state ? ServiceTwin(state) : new TwinReply.Refused(NotFound()));

    public ValueTask<TwinReply> GetDeviceTwinAsync()
    {
        if (Committed is not { } state)
        {
            return ValueTask.FromResult<TwinReply>(new TwinReply.Refused(NotFound()));
        }

        var json = new ArrayBufferWriter<byte>(64 + (state.Desired.Json?.Length ?? 0) + (state.Reported.Json?.Length ?? 0));
        TwinDocument.WriteDevice(json, state);
        return ValueTask.FromResult<TwinReply>(Found(json, state));
    }

    public Task<TwinReply> PatchDesiredAsync(JsonUtf8 patch, string? ifMatch) =>
        ChangeTwinAsync(new TwinChange { Desired = patch, IfMatch = ifMatch });

    public async Task<TwinReply> ChangeTwinAsync(TwinChange change)
    {
        if (services.Upstream is { } hub)
        {
            return await ChangeUpstreamTwinAsync(hub, change);
        }

        if (head is not { } state)
        {
            await SettledAsync();
            return new TwinReply.Refused(NotFound());
        }

        var move = TwinMachine.Change(state, change, Now());
        if (move is not TwinMove.Moved moved)
        {
            await SettledAsync();
            return new TwinReply.Refused(((TwinMove.Refused)move).Why);
        }

        await CommitAsync(moved.Next, moved.Desired, TwinNews(moved, change.Replace));
        services.Instruments.OnTwinChanged(moved.Desired is null ? "tags" : "desired");
        return ServiceTwin(moved.Next);
    }

    public async Task<ReportedReply> PatchReportedAsync(JsonUtf8 patch, long? ifVersion, ReportOrigin? origin)
    {
        if (services.Upstream is not null)
        {
            return new ReportedReply.Refused(ConnectsUpstream());
        }

        var plan = await PrepareUpdateAsync();
        if (head is not { } state)
        {
            await SettledAsync();
            return new ReportedReply.Refused(NotFound());
        }

        if (origin is not null && TwinMachine.Late(origin, state.Session.Current, lastReport) is { } late)
        {
            await SettledAsync();
            return late;
        }

        var move = TwinMachine.Report(state, patch, ifVersion, Now());
        if (move is not TwinMove.Moved moved)
        {
            await SettledAsync();
            return new ReportedReply.Refused(((TwinMove.Refused)move).Why);
        }

        lastReport = origin ?? lastReport;
        await CommitAsync(WithReport(moved.Next, patch, plan), news: TwinNews(moved, isReplace: false));
        services.Instruments.OnTwinChanged("reported");
        return new ReportedReply.Accepted(moved.Next.Reported.Version);
    }

    private TwinReply.Found ServiceTwin(DeviceState state)
    {
        var json = new ArrayBufferWriter<byte>(1024 + (3 * ((state.Desired.Json?.Length ?? 0) + (state.Reported.Json?.Length ?? 0))));
        TwinDocument.WriteService(json, Key, services.Shown(state));
        return Found(json, state);
    }

    private static TwinReply.Found Found(ArrayBufferWriter<byte> json, DeviceState state) =>
        new(new JsonUtf8(json.WrittenSpan.ToArray()), ETags.Twin(state.TwinVersion), state.TwinVersion);

    // One after the other: a device that sees version 5 before 4 would end with the older value.
    private void Push(List<DesiredChange> changes)
    {
        var isIdle = outbox is null;
        outbox ??= new Queue<DesiredChange>(changes.Count);
        foreach (var change in changes)
        {
            outbox.Enqueue(change);
            outboxBytes += BytesPerChange + change.Patch.Span.Length;
        }

        if (outboxBytes > MaxOutboxBytes)
        {
            LogNotPushed(services.Logger, GrainKey, outbox.Peek().Version, SessionDelivery.QueueFull);
            outbox.Clear();
            outboxBytes = 0;
            Close(committed?.Session.Current, SessionCloseReason.ChangeMissed);
        }

        if (isIdle)
        {
            PushOutboxAsync(outbox).Ignore();
        }
    }

    private async Task PushOutboxAsync(Queue<DesiredChange> changes)
    {
        while (changes.TryDequeue(out var change))
        {
            outboxBytes -= BytesPerChange + change.Patch.Span.Length;
            if (committed?.Session.Current is { } session)
            {
                await PushAsync(session, change);
            }
        }

        outbox = null;
    }

    private async Task PushAsync(SessionRef session, DesiredChange change)
    {
        try
        {
            var delivery = services.Sessions.IsDead(session.Silo)
                ? SessionDelivery.Gone
                : await services.Sessions.At(session.Silo).PushDesiredAsync(session, change);
            if (delivery == SessionDelivery.Gone)
            {
                await DetachAsync(session);
            }
            else if (delivery == SessionDelivery.QueueFull)
            {
                LogNotPushed(services.Logger, GrainKey, change.Version, delivery);
            }
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException)
        {
            LogPushFailed(services.Logger, GrainKey, change.Version, e);
            Close(session, SessionCloseReason.ChangeMissed);
        }
    }
}
