using Muster.Updates;

namespace Muster.Mender;

/// <summary>What a client's status means. "installing" is said twice: before the artifact is installed, and again, once what was installed runs, before it is committed.</summary>
internal static class MenderStatus
{
    /// <summary>What the status says; null for one that no client has.</summary>
    /// <param name="status">In the client's words.</param>
    /// <param name="stands">Where the update stands.</param>
    internal static AgentEvent? Event(string status, UpdateStatus? stands) => status switch
    {
        "downloading" => AgentEvent.Downloading,
        "pause_before_installing" => AgentEvent.Downloaded,
        "installing" => stands is >= UpdateStatus.Installing and <= UpdateStatus.Verifying ? AgentEvent.Confirming : AgentEvent.Installing,
        "pause_before_rebooting" => AgentEvent.Installed,
        "rebooting" => AgentEvent.Rebooting,
        "pause_before_committing" => AgentEvent.Confirming,
        "success" => AgentEvent.Succeeded,
        "failure" => AgentEvent.Failed,
        "already-installed" => AgentEvent.AlreadyInstalled,
        _ => null,
    };

    /// <summary>True if the client has nothing more to do: that it was aborted comes too late.</summary>
    internal static bool IsFinal(string status) => status is "success" or "failure" or "already-installed";
}
