using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Muster.Access;
using Muster.Calls;

namespace Muster.Files;

/// <summary>The blob that a request is about, whose caller may do with it what was asked for.</summary>
internal sealed record NamedBlob(string Name)
{
    internal static NamedBlob Of(HttpContext context) =>
        context.Features.Get<NamedBlob>() ?? throw new InvalidOperationException("The route has no door.");
}

/// <summary>
/// Who may come to a blob: whoever has a link to it, to write and to read; and a policy with ServiceConnect, to read and to delete, since the file
/// notification that a back end gets names the blob without a link. Answers in Azure Blob Storage's form.
/// </summary>
internal sealed class BlobDoor(BlobSas sas, IGrainFactory grains, GrainCalls calls) : IEndpointFilter
{
    private const string Version = "2020-10-02";
    private const string ClientRequestId = "x-ms-client-request-id";
    private const int MaxEchoed = 128;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        Begin(http);
        if (BlobPath.NameIn(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) is not { } name)
        {
            return BlobError.NotFound;
        }

        if (await CheckAsync(http, name) is { } refused)
        {
            return refused;
        }

        http.Features.Set(new NamedBlob(name));
        return await next(context);
    }

    private static void Begin(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers["x-ms-version"] = Version;
        headers["x-ms-request-id"] = Guid.NewGuid().ToString();
        if (http.Request.Headers[ClientRequestId].ToString() is { Length: > 0 and <= MaxEchoed } id && BlobAnswer.CanBeSaid(id))
        {
            headers[ClientRequestId] = id;
        }
    }

    private async ValueTask<BlobError?> CheckAsync(HttpContext http, string name)
    {
        var method = http.Request.Method;
        switch (sas.Verify(http.Request.Query, name))
        {
            case BlobSasVerdict.Valid when !HttpMethods.IsDelete(method):
                return null;
            case BlobSasVerdict.Valid:
                return new BlobError(StatusCodes.Status403Forbidden, "AuthorizationPermissionMismatch", "The link does not allow this.");
            case BlobSasVerdict.Expired:
                return BlobError.Unauthorized("The link's time is over.");
            case BlobSasVerdict.Forged:
                return BlobError.Unauthorized("The link's signature does not hold for this blob.");
            default:
                var allowed = !HttpMethods.IsPut(method) && http.Request.Headers.TryGetValue(HeaderNames.Authorization, out var token) && await IsServiceAsync(token.ToString());
                return allowed ? null : BlobError.Unauthorized("There is no link, and no shared access signature of a policy that may do this.");
        }
    }

    private async Task<bool> IsServiceAsync(string token)
    {
        var reply = await calls.CallAsync("", Repeat.Always, () => grains.GetGrain<IAccessGrain>(0).AuthenticatePolicyAsync(token));
        return reply is AccessReply.Granted { Grant: { Scope.Length: 0 } grant } && grant.Rights.HasFlag(AccessRights.ServiceConnect);
    }
}
