using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Muster.Storage;

namespace Muster.Hosting;

/// <summary>From settings to an exit code: checks what can be checked cheaply, then starts, then waits for the stop.</summary>
internal static class SiloProcess
{
    internal static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> commandLine)
    {
        using var signals = new StopSignals(ExitCode.Interrupted, PosixSignal.SIGINT, PosixSignal.SIGTERM);
        try
        {
            await RunCheckedAsync(commandLine, signals.Stop);
            return ExitCode.Clean;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return ExitCode.Clean;
        }
        catch (Exception exception)
        {
            return Report(exception);
        }
    }

    /// <summary>Makes what the security folder lacks, so that it can be handed out read-only.</summary>
    internal static async Task<int> MakeSecretsAsync(IReadOnlyDictionary<string, string?> commandLine)
    {
        try
        {
            var reader = new SettingsReader(new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(commandLine).Build());
            var settings = reader.Read();
            if (reader.Errors.Count > 0)
            {
                throw new StartupException(ExitCode.Usage, reader.Errors);
            }

            await SiloSecrets.PrepareAsync(settings with { ConnectionString = "", Tls = true }, TimeProvider.System, CancellationToken.None);
            Console.Out.WriteLine($"The secrets of {settings.HostName} are in {settings.SecurityFolder}.");
            return ExitCode.Clean;
        }
        catch (Exception exception)
        {
            return Report(exception);
        }
    }

    private static async Task RunCheckedAsync(IReadOnlyDictionary<string, string?> commandLine, CancellationToken stop)
    {
        // The content root would otherwise be the caller's directory, and its files ours.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(commandLine);
        var (settings, notice) = Compose(builder, commandLine.Keys);
        using var folder = DataFolder.Open(settings.DataFolder);
        var connection = new ConnectionFile(settings.DataFolder);
        connection.Delete();
        if (notice is not null)
        {
            Console.Out.WriteLine(notice);
        }

        await ClusterStart.PrepareAsync(settings, TimeProvider.System, stop);
        await (settings.Documents?.CheckAsync(stop) ?? Task.CompletedTask);
        builder.AddMusterStorage(settings, folder);
        await using var app = builder.Build();
        await ServeAsync(app, settings, connection, stop);
    }

    /// <summary>Adds everything but storage, if the settings are right and the ports free.</summary>
    /// <returns>The settings, and what the operator should know of them.</returns>
    private static (SiloSettings Settings, string? Notice) Compose(WebApplicationBuilder builder, IEnumerable<string> given)
    {
        var reader = new SettingsReader(builder.Configuration);
        var (settings, notice) = PortCheck.ChooseHttps(reader.Read(), PortCheck.TryListen);
        builder.AddMuster(settings);
        ThrowIfInvalid([.. KnownSettings.Errors(given), .. reader.Errors], builder.Services);
        PortCheck.ThrowIfBusy(settings, PortCheck.TryListen);
        return (settings, notice);
    }

    private static async Task ServeAsync(WebApplication app, SiloSettings settings, ConnectionFile connection, CancellationToken stop)
    {
        app.MapMuster(settings);
        if (settings.IsCluster)
        {
            await ClusterStart.RefuseNamesakeAsync(app.Services, stop);
        }

        try
        {
            await app.RunAsync(stop);
        }
        finally
        {
            // A stop that comes while still starting passes the announcement by.
            connection.Delete();
        }
    }

    /// <summary>All sections' errors together: an operator mends them in one go.</summary>
    private static void ThrowIfInvalid(IReadOnlyList<string> errors, IServiceCollection services)
    {
        List<string> all = [.. errors];

        // A provider of its own: building the application makes its server, which already reads the data folder's certificate.
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetService<IStartupValidator>()?.Validate();
        }
        catch (OptionsValidationException exception)
        {
            all.AddRange(exception.Failures);
        }
        catch (AggregateException exception)
        {
            all.AddRange(exception.Flatten().InnerExceptions.SelectMany(Failures));
        }
        catch (InvalidOperationException exception)
        {
            // The binder's word for a value of another type, e.g. text where a number belongs.
            all.Add(exception.Message);
        }

        if (all.Count > 0)
        {
            throw new StartupException(ExitCode.Usage, all);
        }
    }

    private static IEnumerable<string> Failures(Exception exception) =>
        exception is OptionsValidationException invalid ? invalid.Failures : [exception.Message];

    private static int Report(Exception exception)
    {
        var (code, lines) = Innermost(exception) switch
        {
            StartupException startup => (startup.ExitCode, startup.Lines),
            DataFolderException folder => (ExitCode.DataFolder, [folder.Message]),
            StoreUnavailableException store => (ExitCode.DataFolder, [store.Message]),
            AddressInUseException inUse => (ExitCode.Port, [inUse.Message]),
            _ => (ExitCode.Failed, [exception.ToString()]),
        };
        foreach (var line in lines)
        {
            Console.Error.WriteLine($"muster: {line}");
        }

        return code;
    }

    private static Exception Innermost(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is StartupException or DataFolderException or StoreUnavailableException or AddressInUseException)
            {
                return inner;
            }
        }

        return exception;
    }
}
