using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.CloudToDevice;
using Muster.Cluster;
using Muster.ConsumerGroups;
using Muster.Devices;
using Muster.Methods;
using Muster.Query;
using Muster.Telemetry;
using Muster.Updates;

namespace Muster.Gateway;

/// <summary>The JSON of the service API: lower camel case, read without regard to case, since SDKs disagree on it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(HubErrorBody))]
[JsonSerializable(typeof(MethodErrorDetail))]
[JsonSerializable(typeof(IdentityRequest))]
[JsonSerializable(typeof(IdentityResponse))]
[JsonSerializable(typeof(IdentityResponse[]))]
[JsonSerializable(typeof(ModuleResponse))]
[JsonSerializable(typeof(ModuleResponse[]))]
[JsonSerializable(typeof(BulkItem[]))]
[JsonSerializable(typeof(BulkResponse))]
[JsonSerializable(typeof(DeviceStatisticsResponse))]
[JsonSerializable(typeof(ServiceStatisticsResponse))]
[JsonSerializable(typeof(MethodRequest))]
[JsonSerializable(typeof(MessageRequest))]
[JsonSerializable(typeof(SendMessageResponse))]
[JsonSerializable(typeof(PurgeResponse))]
[JsonSerializable(typeof(FeedbackResponse[]))]
[JsonSerializable(typeof(QueryRequest))]
[JsonSerializable(typeof(ClusterResponse))]
[JsonSerializable(typeof(EventLine))]
[JsonSerializable(typeof(PartitionResponse[]))]
[JsonSerializable(typeof(ConsumerGroupResponse))]
[JsonSerializable(typeof(ConsumerGroupResponse[]))]
[JsonSerializable(typeof(AgentTokenResponse))]
internal sealed partial class ApiJson : JsonSerializerContext;
