using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Files;

namespace Muster.Http;

/// <summary>The JSON of the device routes: lower camel case, read without regard to case, since SDKs disagree on it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(DeviceErrorBody))]
[JsonSerializable(typeof(UploadRequest))]
[JsonSerializable(typeof(UploadAnswer))]
[JsonSerializable(typeof(UploadNotice))]
internal sealed partial class HttpJson : JsonSerializerContext;
