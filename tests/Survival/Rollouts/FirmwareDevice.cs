using System.Globalization;
using System.Text;
using Muster.Devices;
using Muster.Json;
using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>
/// A device whose agent calls its grain. What it is at outlives the hub, as a device does; a step whose answer was lost is said again. It notes each install, so that it can be
/// seen that none was done twice.
/// </summary>
internal sealed class FirmwareDevice(string id, FirmwareFault fault, Faults faults)
{
    internal const string Before = "1.0.0";
    private const int MaxRestarts = 10;
    private readonly Dictionary<int, int> installs = [];
    private int wireId;
    private int step;
    private int restarts;
    private bool isSilent;
    private string running = Before;
    private string? pending;

    internal string Id => id;

    internal FirmwareFault Fault => fault;

    internal string Running => running;

    /// <summary>True where it does no more until it is offered something else.</summary>
    internal bool IsDone { get; private set; }

    internal JsonUtf8 Information => new(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"deviceInformation":{"manufacturer":"Muster","model":"fuel-pump","hwRevision":"1","swVersion":"{{{running}}}","updateAgent":"direct"},"deviceHealth":{"restartCount":{{{restarts}}}}}""")));

    /// <summary>Asks what there is to do, and does the next thing. Throws what the cluster does when it cannot be reached: it is asked again.</summary>
    /// <returns>True where it has come a step further, false where it has to wait.</returns>
    internal async Task<bool> StepAsync(IDeviceGrain device)
    {
        if (isSilent)
        {
            return false;
        }

        if (await device.PollUpdateAsync(UpdateAgent.Direct) is not { } offer)
        {
            await RestAsync(device);
            return false;
        }

        IsDone = false;
        if (offer.WireId != wireId)
        {
            (wireId, step, pending) = (offer.WireId, 0, null);
        }

        if (offer.IsCancel)
        {
            await SayAsync(device, AgentEvent.Canceled);
            return false;
        }

        var before = step;
        await GoOnAsync(device, offer);
        return step != before;
    }

    /// <summary>Nothing to do: unless it cannot keep running what it has.</summary>
    private async Task RestAsync(IDeviceGrain device)
    {
        IsDone = fault is not (FirmwareFault.Unhealthy or FirmwareFault.Stuck) || running == Before || restarts >= MaxRestarts;
        if (!IsDone)
        {
            restarts += 2;
            await device.PatchReportedAsync(Information);
        }
    }

    private async Task GoOnAsync(IDeviceGrain device, AgentOffer offer)
    {
        switch (step)
        {
            case 0:
                await DoneAsync(device, AgentEvent.Fetched);
                break;
            case 1:
                await DoneAsync(device, AgentEvent.Downloading);
                break;
            case 2 when fault == FirmwareFault.Hash && !offer.IsRollback:
                await SayAsync(device, AgentEvent.Failed, "10000002");
                break;
            case 2 when fault == FirmwareFault.Withdrawn:
                _ = await device.CancelUpdateAsync(RolloutRound.Rollout, "olga", "Withdrawn");
                break;
            case 2:
                await DoneAsync(device, AgentEvent.Downloaded);
                break;
            case 3 when offer.Permit >= UpdatePermit.Install:
                await InstallAsync(device, offer);
                break;
            case 4 when (fault == FirmwareFault.Install && !offer.IsRollback) || (fault == FirmwareFault.Stuck && offer.IsRollback):
                await SayAsync(device, AgentEvent.Failed, "20000001");
                break;
            case 4:
                await DoneAsync(device, AgentEvent.Installed);
                isSilent = fault == FirmwareFault.NeverReturns && !offer.IsRollback;
                break;
            case 5 when offer.Permit >= UpdatePermit.Reboot:
                await DoneAsync(device, AgentEvent.Rebooting);
                running = fault is FirmwareFault.OldImage or FirmwareFault.Lies && !offer.IsRollback ? running : pending ?? running;
                break;
            case 6:
                await device.PatchReportedAsync(Information);
                step++;
                break;
            case 7 when fault == FirmwareFault.OldImage && !offer.IsRollback:
                await SayAsync(device, AgentEvent.Failed, "30000001");
                break;
            case 7:
                await SayAsync(device, AgentEvent.Succeeded);
                await LateAsync(device);
                step++;

                // At once: after a kill the fleet may come round to it only when its soak is over.
                await RestAsync(device);
                break;
        }
    }

    private async Task InstallAsync(IDeviceGrain device, AgentOffer offer)
    {
        if (pending is null)
        {
            // Before it is said, as it is on a device that loses its power in between.
            pending = offer.Release.Version;
            installs[wireId] = installs.GetValueOrDefault(wireId) + 1;
            if (installs[wireId] > 1)
            {
                faults.Add($"{id} installed {installs[wireId]} times for {wireId}");
            }
        }

        await DoneAsync(device, AgentEvent.Installing);
    }

    private async Task DoneAsync(IDeviceGrain device, AgentEvent what)
    {
        await SayAsync(device, what);
        await LateAsync(device);
        step++;
    }

    private Task LateAsync(IDeviceGrain device) => fault == FirmwareFault.Late && step > 1 ? SayAsync(device, AgentEvent.Downloading) : Task.CompletedTask;

    private async Task SayAsync(IDeviceGrain device, AgentEvent what, string? code = null)
    {
        var report = new AgentReport { WireId = wireId, Event = what, Agent = UpdateAgent.Direct, Code = code };
        for (var times = fault == FirmwareFault.Twice ? 2 : 1; times > 0; times--)
        {
            if (await device.ReportUpdateAsync(report) is UpdateReply.Unknown)
            {
                faults.Add($"{id} was told that nobody knows of its update {wireId}");
            }
        }
    }
}
