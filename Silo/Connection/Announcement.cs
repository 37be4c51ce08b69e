using Muster.Access;

namespace Muster.Hosting;

/// <summary>
/// Once all ports answer: starts the simulated fleet, writes <c>connection.json</c> and says how to connect. At the stop, first of all, takes
/// the file back and ends the fleet.
/// </summary>
internal sealed class Announcement(
    SiloSettings settings, IAccessPolicies policies, ConnectionFile file, Readiness readiness, SimulatorProcess simulator) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await readiness.WaitAsync(cancellationToken);
        var info = ConnectionInfo.Describe(settings, policies);
        info = info with { SimulatorPid = await simulator.StartAsync(info, cancellationToken) };
        file.Write(info);
        await Console.Out.WriteAsync(Banner.Text(settings, info, file.FilePath));
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        file.Delete();
        return simulator.StopAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
