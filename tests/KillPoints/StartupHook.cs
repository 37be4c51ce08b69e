using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Muster.Gates;
using Muster.KillPoints;
using Muster.Storage;
using Muster.Updates;
using Orleans.Storage;

/// <summary>
/// Loaded by the runtime into an unchanged silo (DOTNET_STARTUP_HOOKS) before its Main: stands between its rooms and its ports, and ends the process where it is told to. So the
/// product knows nothing of being killed.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (KillPlace.Parse(Environment.GetEnvironmentVariable(KillPlace.Variable)) is { } place)
        {
            DiagnosticListener.AllListeners.Subscribe(new Listeners(new Executioner(place)));
        }
    }

    private static void Compose(IServiceCollection services, Executioner executioner)
    {
        services.AddSingleton(executioner);
        services.AddSingleton<IOutgoingGrainCallFilter, WatchedCalls>();
        Decorate<IRolloutTargets>(services, static (inner, executioner) => new WatchedTargets(inner, executioner));
        Decorate<IGateCalls>(services, static (inner, executioner) => new WatchedGateCalls(inner, executioner));
        var storage = services.Last(static one => one.ServiceType == typeof(IGrainStorage) && Equals(one.ServiceKey, StorageNames.Devices));
        services.Remove(storage);
        services.AddKeyedSingleton<IGrainStorage>(StorageNames.Devices, (provider, key) => new WatchedStorage((IGrainStorage)storage.KeyedImplementationFactory!(provider, key), executioner));
    }

    private static void Decorate<T>(IServiceCollection services, Func<T, Executioner, T> watch)
        where T : class
    {
        var inner = services.Last(static one => one.ServiceType == typeof(T));
        services.Remove(inner);
        services.AddSingleton(provider => watch(
            (T)(inner.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!)), provider.GetRequiredService<Executioner>()));
    }

    /// <summary>The host's own diagnostics say when it is built.</summary>
    private sealed class Listeners(Executioner executioner) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
            {
                _ = value.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilding", Value: IHostBuilder builder })
            {
                builder.ConfigureServices(services => Compose(services, executioner));
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
