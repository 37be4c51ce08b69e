using System.Runtime.InteropServices;
using Muster.Hosting;

namespace Muster.Lifecycle;

[Collection(Alone.Name)]
public sealed class StopTests
{
    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task A_signal_ends_the_hub_and_its_fleet_with_exit_code_0(PosixSignal signal)
    {
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.Path, "--devices", "5");
        var simulator = Assert.NotNull(hub.Connection.SimulatorPid);
        Assert.Equal(hub.Pid, hub.Connection.Pid);
        Assert.True(IsRunning(simulator));

        Assert.Equal(0, await hub.SignalAsync(signal));
        await Eventually.TrueAsync("the simulator to end", () => !IsRunning(simulator));
        Assert.False(File.Exists(folder.File("connection.json")));
    }

    [Fact]
    public async Task The_fleet_ends_when_the_hub_is_killed()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.Path, "--devices", "5");
        var simulator = Assert.NotNull(hub.Connection.SimulatorPid);
        await hub.KillAsync();
        await Eventually.TrueAsync("the simulator to end", () => !IsRunning(simulator));
    }

    // A child whose parent died stays as a zombie where no init reaps it.
    private static bool IsRunning(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
