using System.Runtime.InteropServices;
using Muster.Hosting;

namespace Muster.Local;

/// <summary>From a command line to an exit code.</summary>
internal static class ClusterProcess
{
    internal static async Task<int> UpAsync(ClusterOptions options)
    {
        using var signals = new StopSignals(ExitCode.Interrupted, PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP);
        try
        {
            await RunAsync(options, signals.Stop);
            return ExitCode.Clean;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return ExitCode.Clean;
        }
        catch (LocalException refused)
        {
            await Console.Error.WriteLineAsync($"cluster: {refused.Message}");
            return refused.ExitCode;
        }
    }

    internal static async Task<int> AskAsync(string folder, ControlRequest request, CancellationToken cancellationToken)
    {
        var answer = await ControlClient.AskAsync(folder, request, cancellationToken);
        foreach (var line in answer.Lines)
        {
            await (answer.ExitCode == ExitCode.Clean ? Console.Out : Console.Error).WriteLineAsync(
                answer.ExitCode == ExitCode.Clean ? line : $"cluster: {line}");
        }

        return answer.ExitCode;
    }

    private static async Task RunAsync(ClusterOptions options, CancellationToken stop)
    {
        PostgresPrograms.Find();
        if (!PortCheck.MayBind(options.Bind, 443))
        {
            await Console.Out.WriteLineAsync("Port 443 may not be bound by this user, so HTTPS is on 8443; SDKs dial only 443, see README.");
        }

        var plan = AddressPlan.For(options.Bind, options.Silos, options.Gateways, PortCheck.MayBind(options.Bind, 443), options.HttpPort);
        Supervisor? supervisor = null;
        ControlServer? control = null;
        try
        {
            using var folder = ClusterFolder.Open(options.Folder);
            await PortCheck.RequireAsync(plan, stop);
            supervisor = new Supervisor(options, folder, plan, Console.Out);
            control = ControlServer.Listen(folder.Path, supervisor.AnswerAsync);
            await supervisor.RunAsync(stop);
        }
        finally
        {
            supervisor?.Released();
            await (control?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (supervisor?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }
}
