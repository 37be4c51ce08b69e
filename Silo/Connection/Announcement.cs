using Microsoft.Extensions.Options;
using Muster.Access;
using Muster.Ddi;
using Muster.Mender;
using Muster.Updates;

namespace Muster.Hosting;

/// <summary>
/// Once all ports answer: starts the simulated fleet, writes <c>connection.json</c> and says how to connect. At the stop, first of all, takes
/// the file back and ends the fleet.
/// </summary>
internal sealed class Announcement(
    SiloSettings settings, IAccessPolicies policies, ConnectionFile file, Readiness readiness, SimulatorProcess simulator,
    IOptions<DdiOptions> ddi, IOptions<MenderOptions> mender, AgentSecrets agents) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await readiness.WaitAsync(cancellationToken);
        var info = ConnectionInfo.Describe(settings, policies) with
        {
            Ddi = AgentInfo.Ddi(settings, ddi.Value, agents),
            Mender = AgentInfo.Mender(settings, mender.Value),
        };
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
