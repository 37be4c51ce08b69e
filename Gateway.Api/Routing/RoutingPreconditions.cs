using Microsoft.Net.Http.Headers;
using Muster.Gateway;

namespace Muster.Routing;

/// <summary>What a request says must hold.</summary>
internal static class RoutingPreconditions
{
    internal static RoutingPrecondition Of(HttpRequest request) =>
        new(ETags.IfMatch(request), IfNew: ETags.Parse(request.Headers[HeaderNames.IfNoneMatch].ToString()) == "*");

    internal static RouteHandlerBuilder TakesIfNoneMatch(this RouteHandlerBuilder route) =>
        route.TakesHeader("If-None-Match", "* for: only if there is none of that name.", typeof(string));
}
