using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Muster.Hosting;

/// <summary>Logs for people, metrics for Prometheus, and metrics and traces to a collector if one is named.</summary>
internal static class Observability
{
    private const string CollectorKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    // Its callback walks and locks every activation at each scrape.
    private const string CostlyGauge = "orleans-messaging-processing-activation-data";

    /// <summary>Traces cost every call something, so they are made only where they go somewhere.</summary>
    internal static bool IsTracing(IConfiguration configuration) => !string.IsNullOrEmpty(configuration[CollectorKey]);

    /// <summary>One line an entry; from frameworks warnings and worse, unless <c>Logging:LogLevel</c> says otherwise.</summary>
    internal static void AddMusterLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });

        // Why a start failed is said once, in the line that ends the process.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Configuration.AddLoggingDefaults();
    }

    internal static void AddMusterObservability(this WebApplicationBuilder builder)
    {
        var exporting = IsTracing(builder.Configuration);
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("muster"));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter("Microsoft.Orleans", "Muster", "Muster.*")
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddView(CostlyGauge, MetricStreamConfiguration.Drop)
                .AddPrometheusExporter();
            if (exporting)
            {
                metrics.AddOtlpExporter();
            }
        });
        if (exporting)
        {
            telemetry.WithTracing(traces => traces
                .AddSource("Microsoft.Orleans.*", "Muster", "Muster.*")
                .AddAspNetCoreInstrumentation()
                .AddOtlpExporter());
        }
    }

    // Below the environment and the command line, which may say otherwise.
    private static void AddLoggingDefaults(this ConfigurationManager configuration) => configuration.Sources.Insert(0,
        new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = "Warning",
                ["Logging:LogLevel:Muster.Hosting"] = "Information",

                // While a silo is away every call to it fails; the failures are counted, and a line for each would bury all others.
                ["Logging:LogLevel:Polly"] = "Critical",
                ["Logging:LogLevel:Orleans.Messaging"] = "Critical",
                ["Logging:LogLevel:Orleans.Runtime.Messaging"] = "Critical",

                // Its first check counts the machine's uptime as a delay of its own.
                ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = "Error",
            },
        });
}
