using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Muster.Access;
using Muster.EventHubs;
using Muster.Events;
using Muster.Files;
using Muster.Gates;
using Muster.Gateway;
using Muster.Http;
using Muster.Releases;
using Muster.Routing;
using Muster.Storage;
using Muster.Storage.Azure;
using Muster.Storage.Files;
using Muster.Storage.Log;
using Muster.Storage.Postgres;
using Muster.Storage.Sqlite;
using Muster.Upstream;

namespace Muster.Hosting;

/// <summary>The composition of a silo. Nothing here touches the disk or a port before the host starts.</summary>
internal static class SiloHosting
{
    // What is promised to whoever presses Ctrl-C is 10 s; the rest is for what comes before and after the host's own stop.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(7);

    // A third of a million activations to hand over took 16 s on two cores, with a database to write to; and the drain comes first.
    private static readonly TimeSpan ClusterShutdownTimeout = TimeSpan.FromSeconds(120);

    internal static void AddMuster(this WebApplicationBuilder builder, SiloSettings settings)
    {
        builder.AddMusterLogging();
        builder.AddMusterObservability();
        builder.Services.Configure<HostOptions>(host =>
            host.ShutdownTimeout = settings.IsCluster ? ClusterShutdownTimeout + settings.DrainTime : ShutdownTimeout);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSecurity(settings);
        builder.Services.AddSingleton(new ConnectionFile(settings.DataFolder));
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<HttpsGate>();
        builder.Services.AddSingleton<SimulatorProcess>();
        builder.UseOrleans(silo => silo.AddRooms(settings));
        builder.Services.AddHostedService<Announcement>();
        builder.WebHost.UseSockets(sockets =>
        {
            // A storm of devices fills the default of 512, and a connection that the kernel drops from a full queue hangs on the device's side.
            sockets.Backlog = 4096;
        });
        builder.WebHost.ConfigureKestrel((_, kestrel) => kestrel.Listen(settings));
    }

    /// <summary>Everything durable: in the database that the silos share, or in the folder that this process holds.</summary>
    internal static void AddMusterStorage(this WebApplicationBuilder builder, SiloSettings settings, DataFolder folder)
    {
        if (settings.ConnectionString is { } database)
        {
            builder.UseOrleans(silo => silo.AddPostgresStorage(database));
            builder.Services.AddPostgresBlobs();
            builder.Services.AddPostgresArtifacts();
        }
        else
        {
            builder.AddMusterStorage(folder);
        }

        if (settings.Documents is { } azure)
        {
            builder.UseOrleans(silo => silo.AddAzureDocuments(azure));
        }
    }

    /// <summary>Everything durable, in the folder that this process holds.</summary>
    internal static void AddMusterStorage(this WebApplicationBuilder builder, DataFolder folder)
    {
        builder.Services.AddSegmentLog(Path.Combine(folder.Path, "events"), hadEvents: SqliteStore.Exists(folder.Path));
        builder.Services.AddFolderBlobs(Path.Combine(folder.Path, "files"));
        builder.Services.AddFolderArtifacts(Path.Combine(folder.Path, "artifacts"));
        builder.UseOrleans(silo => silo.AddSqliteStorage(folder));
    }

    internal static void MapMuster(this WebApplication app, SiloSettings settings)
    {
        if (settings.PlainPort is { } port)
        {
            app.UsePlainHttp(port);
        }

        app.MapPrometheusScrapingEndpoint("/metrics");
        if (settings.Roles.HasFlag(SiloRoles.Gateway))
        {
            app.MapGatewayApi();
        }

        if (settings.Roles.HasFlag(SiloRoles.Hub))
        {
            app.MapDeviceWebSockets();
            app.MapDeviceHttp();
            app.MapArtifacts();
        }
    }

    private static void AddRooms(this ISiloBuilder silo, SiloSettings settings)
    {
        silo.ConfigureOrleans(settings);
        silo.AddMusterGrains();
        silo.Services.Configure<DeviceEventOptions>(events => events.HubName = silo.Configuration[$"{DeviceEventOptions.Section}:{nameof(events.HubName)}"] ?? settings.HubName);
        silo.AddMusterEndpoints();
        silo.AddUpstream();
        if (settings.Roles.HasFlag(SiloRoles.Hub))
        {
            silo.Services.AddSingleton(new EventHubsAddress(EventHubsEndpoint.Name, settings.HostName, settings.AmqpPort));
            silo.AddMusterHub();
            silo.Services.PostConfigure<HubOptions>(hub => hub.DrainTime = settings.DrainTime);
        }

        silo.Services.AddSingleton(_ => new HubAddress(settings.HostName, settings.HttpsPort!.Value, settings.HttpPort));
        silo.Services.AddFileUploads(silo.Configuration);
        silo.Services.AddArtifacts(silo.Configuration);
        silo.Services.AddGateCalls();
        if (settings.Roles.HasFlag(SiloRoles.Gateway))
        {
            silo.Services.AddGatewayApi();
        }

        if (settings.Tls)
        {
            silo.UseClusterTls(settings.SecurityFolder);
        }

        if (Observability.IsTracing(silo.Configuration))
        {
            silo.AddActivityPropagation();
        }
    }

    /// <summary>The grains of uploads may run on any silo, whatever its roles.</summary>
    private static void AddFileUploads(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddFilesOptions();
        if (configuration[$"{FilesOptions.Section}:{nameof(FilesOptions.AzureConnectionString)}"] is { Length: > 0 })
        {
            services.AddAzureUploads();
            return;
        }

        services.AddHubBlobs();
    }

    /// <summary>The same holds for the grains of releases.</summary>
    private static void AddArtifacts(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration[$"{ReleaseOptions.Section}:{nameof(ReleaseOptions.AzureConnectionString)}"] is { Length: > 0 })
        {
            services.AddAzureArtifacts();
        }

        services.AddArtifacts();
    }

    private static void AddSecurity(this IServiceCollection services, SiloSettings settings)
    {
        services.AddSingleton(_ => SiloSecrets.MasterKey(settings));
        services.AddSingleton<ISecretProtector>(provider => provider.GetRequiredService<MasterKey>());
        services.AddSingleton<IKeyDerivation>(provider => provider.GetRequiredService<MasterKey>());
        services.AddSingleton<IAccessPolicies>(provider => new AccessPolicies(
            PolicyFile.LoadOrCreate(settings.SecurityFolder, provider.GetRequiredService<ISecretProtector>()), settings.AllNames()));
        services.AddSingleton(provider => DevelopmentCa.LoadOrCreate(settings.SecurityFolder, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => ServerCertificate.LoadOrCreate(settings.SecurityFolder,
            provider.GetRequiredService<DevelopmentCa>(), ServerCertificate.NamesFor(settings), provider.GetRequiredService<TimeProvider>()));
    }

    private static void Listen(this KestrelServerOptions kestrel, SiloSettings settings)
    {
        var certificate = kestrel.ApplicationServices.GetRequiredService<X509Certificate2>();
        kestrel.AddServerHeader = false;
        kestrel.Listen(new IPEndPoint(settings.Bind, settings.HttpsPort!.Value), listen =>
        {
            var gate = kestrel.ApplicationServices.GetRequiredService<HttpsGate>();
            listen.Use(next => connection => gate.ServeAsync(connection, next));
            listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;

                // Devices with X.509 credentials show theirs; who they are is decided behind TLS, by thumbprint.
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            });
        });
        if (settings.PlainPort is { } plainHttp)
        {
            kestrel.Listen(new IPEndPoint(settings.Bind, plainHttp), listen =>
            {
                var gate = kestrel.ApplicationServices.GetRequiredService<HttpsGate>();
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => gate.ServeAsync(connection, next));
            });
        }

        if (settings.Roles.HasFlag(SiloRoles.Hub))
        {
            kestrel.ListenMqtt(new IPEndPoint(settings.Bind, settings.MqttPort), certificate);
            kestrel.ListenAmqp(new IPEndPoint(settings.Bind, settings.AmqpPort), certificate);
            if (settings.AmqpPlainPort is { } plain)
            {
                kestrel.ListenAmqp(new IPEndPoint(settings.Bind, plain), serverCertificate: null);
            }
        }
    }
}
