using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.Mqtt;
using Muster.Sessions;

namespace Muster;

/// <summary>MQTT over WebSocket.</summary>
public static class MqttWebSocket
{
    private const string Subprotocol = "mqtt";

    /// <summary>Maps <c>/$iothub/websocket</c>, subprotocol <c>mqtt</c>; a query is ignored, as Java's SDK sends one.</summary>
    public static IEndpointConventionBuilder MapMqttWebSocket(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var pipeline = routes.CreateApplicationBuilder().UseWebSockets();
        pipeline.Run(ServeAsync);
        return routes.MapGet("/$iothub/websocket", pipeline.Build()).ExcludeFromDescription();
    }

    private static async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(Subprotocol))
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
            await RunAsync(context, services);
        }
        finally
        {
            limit.Leave();
        }
    }

    private static async Task RunAsync(HttpContext context, IServiceProvider services)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(Subprotocol);
        await using var wire = new WebSocketConnection(context, socket);
        var wheel = services.GetRequiredService<TimerWheel>();
        wheel.Schedule(wire, services.GetRequiredService<IOptions<HubOptions>>().Value.ConnectTimeout);
        try
        {
            if (await services.GetRequiredService<ConnectGate>().AdmitAsync(wire) is { } session)
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
