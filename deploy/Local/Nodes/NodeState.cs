using System.Text.Json.Serialization;

namespace Muster.Local;

[JsonConverter(typeof(JsonStringEnumConverter<NodeState>))]
internal enum NodeState
{
    [JsonStringEnumMemberName("stopped")]
    Stopped = 0,

    [JsonStringEnumMemberName("starting")]
    Starting = 1,

    [JsonStringEnumMemberName("running")]
    Running = 2,

    [JsonStringEnumMemberName("stopping")]
    Stopping = 3,

    /// <summary>Down, and about to be started again.</summary>
    [JsonStringEnumMemberName("restarting")]
    Restarting = 4,
}
