using Microsoft.Extensions.Logging.Abstractions;
using Muster.Storage;
using Muster.Storage.Log;
using Muster.Storage.Postgres.Log;
using Muster.Telemetry;
using Npgsql;

namespace Muster.Log;

public sealed class PostgresLogLawTests(PostgresFixture server) : EventLogLaws
{
    protected override async Task<EventLogUnderTest> OpenAsync()
    {
        var log = new PostgresLogUnderTest(await server.CreateDatabaseAsync());
        await log.ReopenAsync();
        return log;
    }
}

internal sealed class PostgresLogUnderTest(string connectionString) : EventLogUnderTest
{
    private SiloLog? silo;

    public override IEventLog Log => silo!.Log;

    public override async Task ReopenAsync(TimeProvider? clock = null)
    {
        await DisposeAsync();
        silo = await SiloLog.OpenAsync(connectionString, clock ?? Clock);
    }

    public override Task TrimAsync() => silo!.Log.MaintainOnceAsync(CancellationToken.None);

    public override ValueTask DisposeAsync() => silo?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The log as one silo has it: over connections of its own.</summary>
internal sealed class SiloLog : IAsyncDisposable
{
    private readonly NpgsqlDataSource source;

    private SiloLog(NpgsqlDataSource source, PostgresEventLog log) => (this.source, Log) = (source, log);

    internal PostgresEventLog Log { get; }

    internal static async Task<SiloLog> OpenAsync(string connectionString, TimeProvider? clock = null, string name = "silo", EventLogOptions? options = null)
    {
        var source = HostedPostgresLog.Source(connectionString + ";Application Name=" + name, null);
        var context = new PostgresLogContext(source, options ?? new EventLogOptions(), clock ?? TimeProvider.System, NullLogger.Instance);
        return new SiloLog(source, await PostgresEventLog.OpenAsync(context, CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await source.DisposeAsync();
    }
}
