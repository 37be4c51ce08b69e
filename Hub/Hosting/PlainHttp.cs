using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Muster;

/// <summary>Marks an endpoint that is served over plain HTTP too, for agents without our authority.</summary>
internal sealed class ServedInPlain;

/// <summary>The port without TLS, behind which only few endpoints are.</summary>
public static class PlainHttp
{
    /// <summary>Answers 404 to whatever else comes by this port.</summary>
    public static IApplicationBuilder UsePlainHttp(this IApplicationBuilder app, int port) => app.Use((http, next) =>
    {
        if (http.Connection.LocalPort != port || http.GetEndpoint()?.Metadata.GetMetadata<ServedInPlain>() is not null)
        {
            return next(http);
        }

        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });
}
