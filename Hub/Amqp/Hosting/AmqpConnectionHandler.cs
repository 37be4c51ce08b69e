using Microsoft.AspNetCore.Connections;
using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>Serves one TCP connection behind <see cref="AcceptGate"/>.</summary>
internal sealed class AmqpConnectionHandler(FrontDoor door) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) =>
        connection.Features.Get<AcceptedConnection>() is { } wire ? door.ServeAsync(wire) : Task.CompletedTask;
}
