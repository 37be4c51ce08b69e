using Microsoft.AspNetCore.Connections;

namespace Muster.Mqtt;

/// <summary>Serves one TCP connection behind <see cref="AcceptGate"/>.</summary>
internal sealed class MqttConnectionHandler(ConnectGate gate) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (connection.Features.Get<AcceptedConnection>() is { } wire && await gate.AdmitAsync(wire) is { } session)
        {
            await session.RunAsync();
        }
    }
}
