using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Calls;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Placement;

namespace Muster.Sessions;

/// <summary>
/// After silos were lost, has each session of this one ask its grain whether it is still the device's and was told of every change: what a grain had
/// stored but not pushed yet went with its silo. A session that missed something ends, so that the device connects again and reads its twin.
/// </summary>
internal sealed partial class SessionResume(
    SessionTable table, IGrainFactory grains, GrainCalls repeated, SiloMembership view, IOptions<DeadlineOptions> options, TimeProvider clock,
    ILogger<SessionResume> logger) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);
    private readonly PacedCalls calls = new(options.Value.Concurrency, options.Value.CallsPerSecond, clock);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var (before, owners) = (view.Living, view.Owners); ;)
            {
                // In this order: what is lost while sessions are asked is seen in the next turn.
                var (change, now) = (view.NextChange, view.Living);
                var lost = before.Where(silo => !now.ContainsKey(silo.Key)).Select(static silo => silo.Value).ToHashSet();
                before = now;
                if (lost.Count == 0)
                {
                    owners = view.Owners;
                    await change.WaitAsync(stoppingToken);
                    continue;
                }

                // Those first whose grain lived on a silo that is gone.
                await ResumeAsync([.. table.Snapshot().OrderBy(session => lost.Contains(owners.OwnerOf(session.GrainKey)) ? 0 : 1)], stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task ResumeAsync(IReadOnlyList<ISession> sessions, CancellationToken cancellationToken)
    {
        while (sessions.Count > 0)
        {
            var unanswered = new ConcurrentQueue<ISession>();
            await calls.ForEachAsync(sessions, session => ResumeAsync(session, unanswered), cancellationToken);
            sessions = [.. unanswered];
            if (sessions.Count > 0)
            {
                LogNotResumed(sessions.Count);
                await Task.Delay(Again, clock, cancellationToken);
            }
        }
    }

    private async Task ResumeAsync(ISession session, ConcurrentQueue<ISession> unanswered)
    {
        if (session.Reference is not { } reference || !table.TryFind(reference, out _))
        {
            return;
        }

        try
        {
            var device = grains.GetGrain<IDeviceGrain>(session.GrainKey);
            var standing = await repeated.CallAsync(session.GrainKey, Repeat.Always, () => device.ResumeAsync(reference).AsTask());
            if (WhyEnd(session.DesiredVersion, standing) is var why && why != SessionEnd.None)
            {
                session.Close(why);
            }
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            unanswered.Enqueue(session);
        }
    }

    /// <summary>Why a session ends that is in this standing with its grain; None if it goes on.</summary>
    /// <param name="told">The newest desired version that the session was told of; 0 if that is not known.</param>
    /// <param name="standing">The grain's answer.</param>
    internal static SessionEnd WhyEnd(long told, SessionStanding standing) =>
        !standing.IsCurrent ? SessionEnd.Replaced
        : told > 0 && told < standing.DesiredVersion ? SessionEnd.ChangeMissed
        : SessionEnd.None;

    [LoggerMessage(EventId = 8060, Level = LogLevel.Warning, Message = "{Count} sessions could not ask their devices' grains yet whether they missed something; they ask again")]
    private partial void LogNotResumed(int count);
}
