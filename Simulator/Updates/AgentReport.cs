using System.Text.Json.Nodes;

namespace Muster.Simulation.Updates;

/// <summary>What a device says of a workflow.</summary>
/// <param name="Job">As it stood.</param>
/// <param name="Installed">The last update that succeeded; null if none has.</param>
/// <param name="Version">Of the image that runs; null: not said.</param>
/// <param name="RejectsCancel">Whether it answers a cancel that came too late.</param>
internal sealed record AgentReport(UpdateJob Job, UpdateId? Installed, string? Version, bool RejectsCancel = false)
{
    private const int ProcessDeployment = 3;
    private const int CancelAction = 255;

    /// <summary>6 in progress, 0 idle, 255 failed.</summary>
    internal int State => Job.Result?.Code switch { null => 6, UpdateResult.FailureCode => 255, _ => 0 };

    /// <summary>The patch of reported properties. What it does not have any more is null: a patch leaves what it does not name.</summary>
    internal JsonObject ToJson()
    {
        var agent = new JsonObject
        {
            ["state"] = State,
            ["workflow"] = new JsonObject { ["action"] = Job.Order.IsCancel ? CancelAction : ProcessDeployment, ["id"] = Job.Order.WorkflowId },
            ["step"] = Job.IsUnderWay ? NameOf(Job.Step) : null,
            ["percent"] = Job.Step == UpdateStep.Downloading ? Job.Percent : null,
            ["cancel"] = RejectsCancel ? "rejected" : null,
            ["lastInstallResult"] = Job.Result is not { } result ? null : new JsonObject
            {
                ["resultCode"] = result.Code, ["extendedResultCodes"] = result.ExtendedCodes, ["resultDetails"] = result.Details,
            },
        };
        if (Installed is { } id)
        {
            agent["installedUpdateId"] = new JsonObject { ["name"] = id.Name, ["version"] = id.Version }.ToJsonString();
        }

        var patch = new JsonObject { ["deviceUpdate"] = new JsonObject { ["__t"] = "c", ["agent"] = agent } };
        if (Version is { } version)
        {
            patch["deviceInformation"] = new JsonObject { ["swVersion"] = version };
        }

        return patch;
    }

    /// <summary>What a step is called in reports.</summary>
    internal static string NameOf(UpdateStep step) => step switch
    {
        UpdateStep.Accepted => "accepted",
        UpdateStep.Downloading => "downloading",
        UpdateStep.Downloaded => "downloaded",
        UpdateStep.Installing => "installing",
        UpdateStep.Installed => "installed",
        UpdateStep.Rebooting => "rebooting",
        UpdateStep.Confirming => "confirming",
        _ => "finished",
    };
}
