-- The device's update, and what rollouts keep of their members and of every step.
alter table device add column device_update text;

-- Pages of devices by id, for plans.
create index device_by_id on device (device_id) where module_id = '';

create table update_history (
  position bigint not null generated always as identity,
  device_id text collate "C" not null,
  generation_id bigint not null,
  sequence bigint not null,
  at bigint not null,
  rollout text collate "C" not null,
  grp integer not null,
  attempt integer not null,
  epoch integer not null,
  from_status smallint not null,
  to_status smallint not null,
  granted boolean not null,
  ready boolean not null,
  trigger text not null,
  actor text not null,
  evidence text,
  release text,
  reason text,
  primary key (device_id, generation_id, sequence)
);

create index update_history_rollout on update_history (rollout, position);

create table rollout_term (
  rollout text collate "C" primary key,
  term bigint not null
);

-- Indexes look at "list" and "held" alone, which stay the same while an update is under way: its steps touch no index then.
create table rollout_target (
  rollout text collate "C" not null,
  device_id text collate "C" not null,
  grp integer not null,
  position bigint not null,
  site text collate "C" not null,
  release text,
  status smallint not null default 1,
  attempt integer not null default 0,
  epoch integer not null default 0,
  granted boolean not null default false,
  ready boolean not null default false,
  attempted boolean not null default false,
  told boolean not null default false,
  reason text collate "C",
  changed_at bigint,
  held boolean not null generated always as (status < 20) stored,
  -- 1: planned; 2: waits for room; 3: its device was not told, or has not written that it was; 0: none.
  list smallint not null generated always as (
    case when status = 1 then 1 when status >= 20 then 0 when not told then 3 when ready and not granted then 2 else 0 end) stored,
  primary key (rollout, device_id)
)
with (fillfactor = 70);

create index rollout_target_waiting on rollout_target (rollout, list, grp, position) where list in (1, 2);
create index rollout_target_untold on rollout_target (rollout, device_id) where list = 3;
create index rollout_target_held on rollout_target (device_id) where held;
