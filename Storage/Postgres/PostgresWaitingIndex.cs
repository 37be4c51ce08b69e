using System.Collections.Immutable;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Sessions;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>Rows by what they wait for: their deadline, or the end of their session.</summary>
internal sealed class PostgresWaitingIndex(Func<PostgresStore> store) : IDeadlineIndex, ISessionIndex
{
    // Each partition's rows stand in this order in its stretch of the index, so that no page reads more of them than it may need.
    internal const string Due = """
        select d.device_id, d.module_id, d.next_deadline from unnest($1) p (number), lateral (
          select device_id, module_id, next_deadline from device
          where virtual_partition = p.number and next_deadline <= $2 and (next_deadline, device_id, module_id) > ($3, $4, $5)
          order by next_deadline, device_id, module_id limit $6) d
        order by d.next_deadline, d.device_id, d.module_id limit $6
        """;

    // From one silo's name to the next in the index: as many steps as there are silos, however many sessions they have.
    private const string Silos = """
        with recursive silo as (
          (select session_silo from device where connection_state = 1 order by session_silo limit 1)
          union all
          select (select d.session_silo from device d where d.connection_state = 1 and d.session_silo > s.session_silo order by d.session_silo limit 1)
          from silo s where s.session_silo is not null)
        select session_silo from silo where session_silo is not null
        """;

    private const string Sessions = """
        select device_id, module_id, id, session_connection_id, session_current_epoch from device
        where connection_state = 1 and session_silo = $1 and id > $2 order by id limit $3
        """;

    public Task<ImmutableArray<DueRow>> ReadDueAsync(DuePage page, CancellationToken cancellationToken) => ReadAsync(
        Due,
        [
            new() { Value = page.Partitions.ToArray() }, new() { Value = page.Now.UtcTicks }, new() { Value = page.After?.Deadline.UtcTicks ?? 0L },
            new() { Value = page.After?.Key.DeviceId ?? "" }, new() { Value = page.After?.Key.ModuleId ?? "" }, new() { Value = (long)page.Limit },
        ],
        row => new DueRow(new DateTimeOffset(row.GetInt64(2), TimeSpan.Zero), Key(row)),
        cancellationToken);

    public Task<ImmutableArray<SiloAddress>> ReadSilosAsync(CancellationToken cancellationToken) =>
        ReadAsync(Silos, [], static row => SiloAddress.FromParsableString(row.GetString(0)), cancellationToken);

    public Task<ImmutableArray<SessionRow>> ReadSessionsAsync(SiloAddress silo, long afterId, int limit, CancellationToken cancellationToken) =>
        ReadAsync(
            Sessions,
            [new() { Value = silo.ToParsableString() }, new() { Value = afterId }, new() { Value = limit }],
            row => new SessionRow(row.GetInt64(2), Key(row), new SessionRef(silo, row.GetInt64(3), row.GetInt64(4))),
            cancellationToken);

    private async Task<ImmutableArray<T>> ReadAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = store().Database.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = ImmutableArray.CreateBuilder<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows.DrainToImmutable();
    }

    private static DeviceKey Key(NpgsqlDataReader row)
    {
        var (device, module) = (row.GetString(0), row.GetString(1));
        return DeviceKey.TryCreate(device, module.Length == 0 ? null : module, out var key) ? key : throw new InvalidDataException($"{device}/{module} is no key.");
    }
}
