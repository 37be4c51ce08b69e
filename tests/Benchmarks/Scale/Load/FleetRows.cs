using System.Text;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Scale.Servers;
using Muster.Devices;
using Muster.Errors;
using Muster.Json;
using Muster.Telemetry;
using Muster.Twins;
using Npgsql;
using NpgsqlTypes;

namespace Muster.Benchmarks.Scale.Load;

/// <summary>
/// A stored fleet without a million calls: a hundred devices are registered and report their 1 KB twins as devices do, and every further row
/// is a copy of one of theirs under another id.
/// </summary>
internal static class FleetRows
{
    private const int Templates = 100;

    internal static string Id(int device) => $"d{device:D7}";

    internal static async Task FillAsync(ScaleCluster cluster, int count)
    {
        await RegisterAsync(cluster.Grains);
        await using var connection = await cluster.OpenDatabaseAsync();
        await CopyIdsAsync(connection, count);
        var indexes = await TextsAsync(connection, "select indexdef from pg_indexes where tablename = 'device' and indexname <> 'device_pkey'");
        var names = await TextsAsync(connection, "select indexname::text from pg_indexes where tablename = 'device' and indexname <> 'device_pkey'");
        var columns = await TextsAsync(connection, """
            select column_name::text from information_schema.columns
            where table_name = 'device' and column_name not in ('id', 'device_id', 'virtual_partition') order by ordinal_position
            """);
        var copied = string.Join(", ", columns);
        await ExecuteAsync(connection, string.Concat(names.Select(name => $"drop index {name};")));
        await ExecuteAsync(connection, $"""
            insert into device (device_id, virtual_partition, {copied})
            select i.device_id, i.virtual_partition, {string.Join(", ", columns.Select(column => "t." + column))}
            from fleet_id i join device t on t.device_id = 'template' || (i.n % {Templates}) order by i.n
            """);
        foreach (var index in indexes) { await ExecuteAsync(connection, index); }
        await ExecuteAsync(connection, "drop table fleet_id");
        await ExecuteAsync(connection, "vacuum (analyze) device");
        await ExecuteAsync(connection, "checkpoint");
    }

    private static Task RegisterAsync(IGrainFactory grains) => ClosedLoop.EachAsync(Templates, 10, async i =>
    {
        var device = grains.GetGrain<IDeviceGrain>($"template{i}");
        var key = Convert.ToBase64String(RawPackets.DeviceKey);
        var spec = new IdentitySpec { Authentication = new DeviceAuthentication { PrimaryKey = key, SecondaryKey = key } };
        var twin = new TwinChange
        {
            Tags = Json($$"""{"site":"site-{{i % 25}}","line":"line-{{i % 7}}","firmware":"2.{{i % 4}}.{{i % 10}}"}"""),
            Desired = Json("""{"telemetryInterval":30,"mode":"auto"}"""),
        };
        if (await ClosedLoop.PatientlyAsync(() => device.CreateAsync(spec, twin)) is IdentityReply.Refused { Why.Code: not HubErrorCode.DeviceAlreadyExists } refused)
        {
            throw new InvalidOperationException(refused.Why.Message);
        }

        if (await ClosedLoop.PatientlyAsync(() => device.PatchReportedAsync(new JsonUtf8(TwinSample.Whole))) is ReportedReply.Refused no) { throw new InvalidOperationException(no.Why.Message); }
    });

    private static async Task CopyIdsAsync(NpgsqlConnection connection, int count)
    {
        await ExecuteAsync(connection, "create unlogged table fleet_id (n int not null, device_id text not null, virtual_partition int not null)");
        await using var copy = await connection.BeginBinaryImportAsync("copy fleet_id from stdin (format binary)");
        for (var i = 0; i < count; i++)
        {
            var id = Id(i);
            await copy.StartRowAsync();
            await copy.WriteAsync(i, NpgsqlDbType.Integer);
            await copy.WriteAsync(id, NpgsqlDbType.Text);
            await copy.WriteAsync(PartitionHash.VirtualPartition(id), NpgsqlDbType.Integer);
        }

        await copy.CompleteAsync();
    }

    private static async Task<List<string>> TextsAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync()) { texts.Add(reader.GetString(0)); }
        return texts;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static JsonUtf8 Json(string text) => new(Encoding.UTF8.GetBytes(text));
}
