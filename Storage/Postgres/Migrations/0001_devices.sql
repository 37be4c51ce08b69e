-- Times are UTC ticks (100 ns since year 1), absent is null, documents are the text that the grain wrote, byte for byte.
-- The key begins with the virtual partition, so that the table can be distributed by it later and no row has to get another key.
create table device (
  id bigint generated always as identity,
  virtual_partition integer not null,
  version bigint not null,
  twin_version bigint not null,
  last_activity_at bigint,
  device_id text collate "C" not null,
  module_id text collate "C" not null,
  status smallint not null,
  connection_state smallint not null,
  next_deadline bigint,
  generation_id bigint not null,
  identity_version bigint not null,
  status_reason text,
  status_updated_at bigint,
  authentication_type smallint not null,
  protected_keys bytea,
  primary_thumbprint text collate "C",
  secondary_thumbprint text collate "C",
  iot_edge smallint not null,
  device_scope text collate "C",
  parent_scopes text,
  managed_by text collate "C",
  model_id text collate "C",
  session_silo text collate "C",
  session_connection_id bigint,
  session_current_epoch bigint,
  session_epoch bigint not null,
  session_subscriptions integer not null,
  session_persistent smallint not null,
  connection_changed_at bigint,
  observed_offset bigint not null,
  desired_version bigint not null,
  desired_updated_at bigint,
  reported_version bigint not null,
  reported_updated_at bigint,
  tags text,
  desired text,
  desired_metadata bytea,
  reported text,
  reported_metadata bytea,
  telemetry text,
  tags_index jsonb,
  primary key (virtual_partition, device_id, module_id)
)
-- Room on the page for a row's next version: an update that leaves the indexed columns alone then touches no index.
with (fillfactor = 70);

-- Not unique: the order of registration needs no more, and a unique index would have to hold the column that rows are distributed by.
create index device_order on device (id);
create index device_deadline on device (virtual_partition, next_deadline) where next_deadline is not null;
create index device_connected on device (session_silo) where connection_state = 1;
create index device_status on device (status, connection_state) where module_id = '';
create index device_tags on device using gin (tags_index jsonb_path_ops);

create table checkpoint (
  consumer text collate "C" not null,
  partition_id integer not null,
  epoch bigint not null,
  next_offset bigint not null,
  primary key (consumer, partition_id)
) with (fillfactor = 50);
