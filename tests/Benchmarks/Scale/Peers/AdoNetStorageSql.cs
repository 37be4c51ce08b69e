namespace Muster.Benchmarks.Scale.Peers;

/// <summary>
/// Table and statements for Orleans' AdoNet grain storage, which ships none in its package. It reads three statements from OrleansQuery by
/// key; a write answers with the new version, or with the old one where the row has moved on.
/// </summary>
internal static class AdoNetStorageSql
{
    private const string Row = """
        grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_0 = @GrainIdN0 and grain_id_1 = @GrainIdN1
        and grain_type = @GrainTypeString and grain_id = coalesce(@GrainIdExtensionString::text, '') and service_id = @ServiceId
        """;

    internal const string Create = $$"""
        create table if not exists OrleansQuery (QueryKey text primary key, QueryText text not null);
        create table adonet_grain (
          grain_id_hash int not null, grain_type_hash int not null, grain_id_0 bigint not null, grain_id_1 bigint not null,
          grain_type text not null, grain_id text not null, service_id text not null,
          payload bytea, changed timestamptz not null, version int not null,
          primary key (grain_id_hash, grain_type_hash, grain_id_0, grain_id_1, grain_type, grain_id, service_id)) with (fillfactor = 70);
        insert into OrleansQuery values
        ('ReadFromStorageKey', $q$select payload as PayloadBinary, version as Version from adonet_grain where {{Row}}$q$),
        ('WriteToStorageKey', $q$
          with changed as (
            update adonet_grain set payload = @PayloadBinary, changed = now(), version = version + 1
            where {{Row}} and version = @GrainStateVersion::int returning version),
          added as (
            insert into adonet_grain
            select @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, @GrainTypeString, coalesce(@GrainIdExtensionString::text, ''), @ServiceId,
              @PayloadBinary, now(), 1
            where @GrainStateVersion::int is null on conflict do nothing returning version)
          select coalesce((select version from changed), (select version from added), @GrainStateVersion::int) as NewGrainStateVersion$q$),
        ('ClearStorageKey', $q$
          with changed as (
            update adonet_grain set payload = null, changed = now(), version = version + 1
            where {{Row}} and version = @GrainStateVersion::int returning version)
          select coalesce((select version from changed), @GrainStateVersion::int) as NewGrainStateVersion$q$);
        """;
}
