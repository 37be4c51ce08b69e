using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Placement;

namespace Muster.Sessions;

/// <summary>
/// Keeps the rows and the sockets of this silo together: a row that names a session which is not here (an attach whose answer got lost, a detach that
/// could not be told) is freed of it, soon where an attach failed, and by a look at all rows every now and then.
/// </summary>
internal sealed partial class SessionAudit(
    SessionTable table, IGrainFactory grains, SiloMembership view, IDeviceReader reader, IServiceProvider services, IOptions<DeadlineOptions> options,
    TimeProvider clock, ILogger<SessionAudit> logger) : BackgroundService
{
    private const int MaxDoubts = 10_000;

    private static readonly TimeSpan DoubtTime = TimeSpan.FromSeconds(2);

    private readonly PacedCalls calls = new(options.Value.Concurrency, options.Value.CallsPerSecond, clock);
    private readonly Channel<DeviceKey> doubts = Channel.CreateBounded<DeviceKey>(new BoundedChannelOptions(MaxDoubts) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>An attach of the device failed, and may be stored all the same. Never blocks; what is forgotten here is found by the next look at all.</summary>
    public void Doubt(DeviceKey key) => doubts.Writer.TryWrite(key);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(SettleDoubtsAsync(stoppingToken), CompareAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task SettleDoubtsAsync(CancellationToken cancellationToken)
    {
        await foreach (var key in doubts.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await Task.Delay(DoubtTime, clock, cancellationToken);
                var keys = new HashSet<DeviceKey> { key };
                while (doubts.Reader.TryRead(out var more))
                {
                    keys.Add(more);
                }

                await calls.ForEachAsync([.. keys], SettleAsync, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotCompared(e);
            }
        }
    }

    private async Task SettleAsync(DeviceKey key)
    {
        try
        {
            if ((await reader.ReadAsync(key, CancellationToken.None))?.Session.Current is { } session && session.Silo.Equals(view.Local.SiloAddress))
            {
                await FreeAsync(new SessionRow(0, key, session));
            }
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            LogNotFreed(e, key);
        }
    }

    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<ISessionIndex>() is not { } index)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Value.SweepEvery, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await CompareAsync(index, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotCompared(e);
            }
        }
    }

    private async Task CompareAsync(ISessionIndex index, CancellationToken cancellationToken)
    {
        var after = 0L;
        for (var isLast = false; !isLast;)
        {
            var rows = await index.ReadSessionsAsync(view.Local.SiloAddress, after, options.Value.Page, cancellationToken);
            await calls.ForEachAsync([.. rows.Where(row => !table.TryFind(row.Session, out _))], FreeAsync, cancellationToken);
            after = rows is [.., var last] ? last.Id : after;
            isLast = rows.Length < options.Value.Page;
        }
    }

    // A connection stands in the table before its grain hears of it: one that is not there has ended, or gave up.
    private async Task FreeAsync(SessionRow row)
    {
        if (table.TryFind(row.Session, out _))
        {
            return;
        }

        try
        {
            await grains.GetGrain<IDeviceGrain>(row.Key.ToString()).DetachAsync(row.Session);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException)
        {
            LogNotFreed(e, row.Key);
        }
    }

    [LoggerMessage(EventId = 8061, Level = LogLevel.Warning, Message = "The sessions of this silo could not be compared with the rows; they are again")]
    private partial void LogNotCompared(Exception exception);

    [LoggerMessage(EventId = 8062, Level = LogLevel.Debug, Message = "Device {DeviceId} could not be told that it has no session here; it is told again")]
    private partial void LogNotFreed(Exception exception, DeviceKey deviceId);
}
