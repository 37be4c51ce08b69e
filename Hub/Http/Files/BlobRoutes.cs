using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Http;

namespace Muster.Files;

/// <summary>
/// The hub's own blobs, by as much of Azure Blob Storage's REST as uploads take: Put Block, Put Block List, Put Blob, Get Blob, its properties, and Delete
/// Blob. Leases, conditions, snapshots and metadata are not kept.
/// </summary>
internal static class BlobRoutes
{
    internal const string DefaultContentType = "application/octet-stream";
    private const int MaxContentType = 256;

    /// <summary>Maps nothing where uploads go elsewhere.</summary>
    internal static void MapBlobs(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<BlobSas>() is null)
        {
            return;
        }

        var blobs = routes.MapGroup($"/{BlobPath.Container}/{{**name}}").ExcludeFromDescription()
            .AddEndpointFilter<RouteGroupBuilder, BlobFaults>().AddEndpointFilter<RouteGroupBuilder, BlobDoor>();
        blobs.MapPut("", PutAsync);
        blobs.MapMethods("", [HttpMethods.Get, HttpMethods.Head], ReadAsync);
        blobs.MapDelete("", DeleteAsync);
    }

    private static Task<IResult> PutAsync(HttpContext context, IBlobStore store, IOptions<FilesOptions> options) =>
        context.Request.Query["comp"].ToString() switch
        {
            "" => PutBlobAsync(context, store, options.Value.MaxBlobBytes),
            "block" => PutBlockAsync(context, store),
            "blocklist" => CommitAsync(context, store),
            _ => Task.FromResult<IResult>(BlobError.Invalid("InvalidQueryParameterValue", "comp must be block or blocklist, or left out.")),
        };

    private static async Task<IResult> PutBlockAsync(HttpContext context, IBlobStore store)
    {
        if (BlockList.ReadId(context.Request.Query["blockid"].ToString()) is not { } blockId)
        {
            return BlobError.Invalid("InvalidQueryParameterValue", $"blockid must be base64 of 1 to {BlobLimits.MaxBlockIdBytes} bytes.");
        }

        Limit(context, BlobLimits.MaxBlockBytes);
        await store.PutBlockAsync(NamedBlob.Of(context).Name, blockId, context.Request.Body, context.RequestAborted);
        return Created(context, properties: null);
    }

    private static async Task<IResult> CommitAsync(HttpContext context, IBlobStore store)
    {
        if (await BodyBytes.ReadAsync(context.Request, BlockList.MaxBytes, context.RequestAborted) is not { } body)
        {
            return BlobError.TooLarge;
        }

        using var xml = new MemoryStream(body.ToArray());
        if (BlockList.Read(xml) is not { } ids)
        {
            return BlobError.Invalid("InvalidXmlDocument", "The body must be a BlockList of Latest and Uncommitted block ids in base64.");
        }

        return ids.Count > BlobLimits.MaxBlocks
            ? BlobError.From(BlobFault.TooManyBlocks)
            : Created(context, await store.CommitAsync(NamedBlob.Of(context).Name, ids, ContentType(context.Request, whole: false), context.RequestAborted));
    }

    private static async Task<IResult> PutBlobAsync(HttpContext context, IBlobStore store, long maxBytes)
    {
        if (!context.Request.Headers["x-ms-blob-type"].ToString().Equals("BlockBlob", StringComparison.OrdinalIgnoreCase))
        {
            return BlobError.Invalid("InvalidHeaderValue", "x-ms-blob-type must be BlockBlob.");
        }

        Limit(context, maxBytes);
        return Created(context, await store.PutAsync(NamedBlob.Of(context).Name, context.Request.Body, ContentType(context.Request, whole: true), context.RequestAborted));
    }

    private static async Task<IResult> ReadAsync(HttpContext context, IBlobStore store, ILogger<BlobAnswer> faults) =>
        await store.OpenAsync(NamedBlob.Of(context).Name, context.RequestAborted) is { } reader ? new BlobAnswer(reader, faults) : BlobError.NotFound;

    private static async Task<IResult> DeleteAsync(HttpContext context, IBlobStore store) =>
        await store.DeleteAsync(NamedBlob.Of(context).Name, context.RequestAborted) ? TypedResults.Accepted((string?)null) : BlobError.NotFound;

    private static StatusCodeHttpResult Created(HttpContext context, BlobProperties? properties)
    {
        if (properties is not null)
        {
            BlobAnswer.Describe(context.Response, properties);
        }

        // The truth: what is at rest is as safe as the disk below.
        context.Response.Headers["x-ms-request-server-encrypted"] = "false";
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    private static string ContentType(HttpRequest request, bool whole)
    {
        var said = request.Headers["x-ms-blob-content-type"].ToString();
        said = said.Length == 0 && whole ? request.ContentType ?? "" : said;
        return said.Length is > 0 and <= MaxContentType && BlobAnswer.CanBeSaid(said) ? said : DefaultContentType;
    }

    /// <summary>The server refuses a longer body, by its announced length or as it comes.</summary>
    private static void Limit(HttpContext context, long maxBytes) =>
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = maxBytes;
}
