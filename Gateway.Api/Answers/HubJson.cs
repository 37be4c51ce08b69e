using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;
using Muster.Json;

namespace Muster.Gateway;

/// <summary>Answers 200 in IoT Hub's content type; the SDKs read a body only if it says <c>application/json</c>.</summary>
internal static class HubJson
{
    internal const string ContentType = "application/json; charset=utf-8";

    internal static JsonAnswer<T> Ok<T>(T value, JsonTypeInfo<T> type, string? etag = null) => new(value, type, etag);

    /// <summary>Passes <paramref name="json"/> through as it stands.</summary>
    internal static RawJsonAnswer Ok(JsonUtf8 json, string? etag = null) => new(json, etag);

    internal static void Begin(HttpResponse response, string? etag)
    {
        response.ContentType = ContentType;
        if (etag is not null)
        {
            response.Headers[HeaderNames.ETag] = $"\"{etag}\"";
        }
    }
}

/// <summary>A value as JSON, by source-generated code.</summary>
internal sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, string? etag) : IResult, IStatusCodeHttpResult
{
    /// <summary>200 unless said otherwise.</summary>
    public int? StatusCode { get; init; } = StatusCodes.Status200OK;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCode!.Value;
        HubJson.Begin(httpContext.Response, etag);
        return JsonSerializer.SerializeAsync(httpContext.Response.BodyWriter, value, type, httpContext.RequestAborted);
    }
}

/// <summary>JSON bytes as a grain gave them.</summary>
internal sealed class RawJsonAnswer(JsonUtf8 json, string? etag) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => StatusCodes.Status200OK;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HubJson.Begin(httpContext.Response, etag);
        httpContext.Response.ContentLength = json.Memory.Length;
        await httpContext.Response.BodyWriter.WriteAsync(json.Memory, httpContext.RequestAborted);
    }
}
