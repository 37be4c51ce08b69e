using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.Amqp;
using Muster.Mqtt;
using Muster.Sessions;

namespace Muster;

/// <summary>Device protocols over WebSocket.</summary>
public static class DeviceWebSockets
{
    private const string Mqtt = "mqtt";
    private const string AzureAmqp = "AMQPWSB10";
    private const string Amqp = "amqp";

    /// <summary>
    /// Maps <c>/$iothub/websocket</c>, subprotocols <c>mqtt</c> and <c>AMQPWSB10</c>, and <c>/$servicebus/websocket</c> for Event Hubs SDKs; a query is
    /// ignored, as Java's SDK sends one.
    /// </summary>
    public static IEndpointConventionBuilder MapDeviceWebSockets(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.MapWebSocket("/$servicebus/websocket", AzureAmqp, Amqp);
        return routes.MapWebSocket("/$iothub/websocket", Mqtt, AzureAmqp, Amqp);
    }

    private static IEndpointConventionBuilder MapWebSocket(this IEndpointRouteBuilder routes, string path, params string[] subprotocols)
    {
        var pipeline = routes.CreateApplicationBuilder().UseWebSockets();
        pipeline.Run(context => ServeAsync(context, subprotocols));
        return routes.MapGet(path, pipeline.Build()).ExcludeFromDescription();
    }

    private static async Task ServeAsync(HttpContext context, string[] subprotocols)
    {
        if (!context.WebSockets.IsWebSocketRequest
            || Array.Find(subprotocols, context.WebSockets.WebSocketRequestedProtocols.Contains) is not { } subprotocol)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var services = context.RequestServices;
        var limit = services.GetRequiredService<ConnectionLimit>();
        if (!limit.TryEnter())
        {
            services.GetRequiredService<HubInstruments>().RefusedAtAccept();
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        context.Features.Get<HttpsGate.Slot>()?.Release();
        try
        {
            await RunAsync(context, services, subprotocol);
        }
        finally
        {
            limit.Leave();
        }
    }

    private static async Task RunAsync(HttpContext context, IServiceProvider services, string subprotocol)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(subprotocol);
        await using var wire = new WebSocketConnection(context, socket);
        var wheel = services.GetRequiredService<TimerWheel>();
        wheel.Schedule(wire, services.GetRequiredService<IOptions<HubOptions>>().Value.ConnectTimeout);
        try
        {
            if (subprotocol != Mqtt)
            {
                await services.GetRequiredService<FrontDoor>().ServeAsync(wire);
            }
            else if (await services.GetRequiredService<ConnectGate>().AdmitAsync(wire) is { } session)
            {
                await session.RunAsync();
            }
        }
        finally
        {
            wheel.Cancel(wire);
        }
    }
}
