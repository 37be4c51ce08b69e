-- Orleans' AdoNet clustering reads its statements from OrleansQuery, by these keys, and binds the parameters named here.
create table orleans_cluster (cluster_id text primary key, version integer not null default 0);

create table orleans_member (
  cluster_id text not null references orleans_cluster on delete cascade,
  address text not null,
  port integer not null,
  generation integer not null,
  silo_name text not null,
  host_name text not null,
  status integer not null,
  proxy_port integer not null,
  suspected text,
  started timestamptz not null,
  alive timestamptz not null,
  primary key (cluster_id, address, port, generation)
);

create table OrleansQuery (QueryKey text primary key, QueryText text not null);

insert into OrleansQuery
select key, replace(replace(statement,
  '$row', 'address = @Address and port = @Port and generation = @Generation'),
  '$columns', 'c.version as Version, m.address as Address, m.port as Port, m.generation as Generation, m.silo_name as SiloName,
    m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort, m.suspected as SuspectTimes,
    m.started as StartTime, m.alive as IAmAliveTime')
from (values
  ('InsertMembershipVersionKey',
   'with inserted as (insert into orleans_cluster values (@DeploymentId) on conflict do nothing returning 1)
    select exists (select from inserted)'),
  ('MembershipReadAllKey',
   'select $columns from orleans_cluster c left join orleans_member m using (cluster_id) where c.cluster_id = @DeploymentId'),
  ('MembershipReadRowKey',
   'select $columns from orleans_cluster c left join orleans_member m on m.cluster_id = c.cluster_id and $row
    where c.cluster_id = @DeploymentId'),
  -- The table's version and the row change together or not at all, and only if nobody changed the table in between.
  ('InsertMembershipKey',
   'with raised as (
      update orleans_cluster set version = version + 1
      where cluster_id = @DeploymentId and version = @Version
        and not exists (select from orleans_member where cluster_id = @DeploymentId and $row)
      returning cluster_id),
    inserted as (
      insert into orleans_member
      select cluster_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, null, @StartTime, @IAmAliveTime from raised
      returning 1)
    select exists (select from inserted)'),
  ('UpdateMembershipKey',
   'with raised as (
      update orleans_cluster set version = version + 1
      where cluster_id = @DeploymentId and version = @Version
        and exists (select from orleans_member where cluster_id = @DeploymentId and $row)
      returning cluster_id),
    updated as (
      update orleans_member m set status = @Status, suspected = @SuspectTimes, alive = @IAmAliveTime
      from raised where m.cluster_id = raised.cluster_id and $row
      returning 1)
    select exists (select from updated)'),
  ('UpdateIAmAlivetimeKey', 'update orleans_member set alive = @IAmAliveTime where cluster_id = @DeploymentId and $row'),
  ('GatewaysQueryKey',
   'select address as Address, proxy_port as ProxyPort, generation as Generation from orleans_member
    where cluster_id = @DeploymentId and status = @Status and proxy_port > 0'),
  ('CleanupDefunctSiloEntriesKey', 'delete from orleans_member where cluster_id = @DeploymentId and status = 6 and alive < @IAmAliveTime'),
  ('DeleteMembershipTableEntriesKey', 'delete from orleans_cluster where cluster_id = @DeploymentId')
) as queries (key, statement);
