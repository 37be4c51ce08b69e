using System.Text.Json;
using System.Text.Json.Serialization;

namespace Muster.Rollouts;

/// <summary>The JSON of rollouts: what is null is left out.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RolloutMessage))]
[JsonSerializable(typeof(RolloutResponse))]
[JsonSerializable(typeof(RolloutsResponse))]
[JsonSerializable(typeof(MembersResponse))]
[JsonSerializable(typeof(PlanResponse))]
[JsonSerializable(typeof(ApprovalsResponse))]
internal sealed partial class RolloutJson : JsonSerializerContext;
