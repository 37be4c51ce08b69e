using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Telemetry;

namespace Muster.Storage.Log;

/// <summary>Registers the event log.</summary>
public static class SegmentLogHosting
{
    /// <summary>
    /// An <see cref="IEventLog"/> of segment files in <paramref name="folder"/>: opened before any hosted service starts, closed after all
    /// have stopped. Start fails with <see cref="DataFolderException"/> if the folder cannot be used.
    /// </summary>
    /// <param name="services">Where to register it.</param>
    /// <param name="folder">Made if it is missing.</param>
    /// <param name="hadEvents">True if something of an earlier run, such as a checkpoint, may hold offsets of this log.</param>
    public static IServiceCollection AddSegmentLog(this IServiceCollection services, string folder, bool hadEvents = false)
    {
        services.AddOptions<EventLogOptions>().BindConfiguration(EventLogOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EventLogOptions>, EventLogOptionsValidator>();
        services.AddSingleton(provider => new HostedSegmentLog(
            folder,
            hadEvents,
            provider.GetRequiredService<IOptions<EventLogOptions>>(),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILogger<SegmentLog>>()));
        services.AddSingleton<IEventLog>(provider => provider.GetRequiredService<HostedSegmentLog>());
        services.AddHostedService(provider => provider.GetRequiredService<HostedSegmentLog>());
        return services;
    }
}

/// <summary>The log for as long as the host runs.</summary>
internal sealed class HostedSegmentLog(string folder, bool hadEvents, IOptions<EventLogOptions> options, TimeProvider clock, ILogger<SegmentLog> logger)
    : IEventLog, IHostedLifecycleService, IAsyncDisposable
{
    private SegmentLog? log;

    public int PartitionCount => PartitionHash.EventPartitions;

    private SegmentLog Log => log ?? throw new InvalidOperationException("The event log opens when the host starts.");

    public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count) => Log.AppendAsync(partition, records, count);

    public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(
        int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken) =>
        Log.ReadAsync(partition, fromOffset, maxEvents, maxBytes, cancellationToken);

    public ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken) => Log.WaitForAsync(partition, offset, cancellationToken);

    public PartitionStatus Describe(int partition) => Log.Describe(partition);

    public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken) =>
        Log.FindAsync(partition, from, cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        log = SegmentLog.Open(folder, options.Value, clock, logger, hadEvents: hadEvents);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public ValueTask DisposeAsync() => log?.DisposeAsync() ?? ValueTask.CompletedTask;
}
