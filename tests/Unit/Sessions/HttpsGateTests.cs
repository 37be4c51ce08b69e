using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Xunit;

namespace Muster.Sessions;

public sealed class HttpsGateTests
{
    private readonly HttpsGate gate = new(Options.Create(new HubOptions { MaxHttpsConnections = 1 }));

    [Fact]
    public async Task One_too_many_is_closed_unserved_and_room_comes_back()
    {
        var end = new TaskCompletionSource();
        var first = gate.ServeAsync(new DefaultConnectionContext(), _ => end.Task);
        await gate.ServeAsync(new DefaultConnectionContext(), _ => throw new InvalidOperationException("There was no room."));
        end.SetResult();
        await first;
        Assert.Equal(0, gate.Open);
    }

    [Fact]
    public async Task A_device_over_WebSocket_leaves_its_place_to_others_once()
    {
        await gate.ServeAsync(new DefaultConnectionContext(), async device =>
        {
            device.Features.Get<HttpsGate.Slot>()!.Release();
            await gate.ServeAsync(new DefaultConnectionContext(), _ =>
            {
                Assert.Equal(1, gate.Open);
                return Task.CompletedTask;
            });
        });
        Assert.Equal(0, gate.Open);
    }
}
