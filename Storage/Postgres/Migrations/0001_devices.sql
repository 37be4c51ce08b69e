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
create index device_connected on device (session_silo, id) where connection_state = 1;
create index device_status on device (status, connection_state) where module_id = '';
create index device_tags on device using gin (tags_index jsonb_path_ops);

create table checkpoint (
  consumer text collate "C" not null,
  partition_id integer not null,
  epoch bigint not null,
  next_offset bigint not null,
  primary key (consumer, partition_id)
) with (fillfactor = 50);

-- What queries are made of. None of these fails, whatever a row holds: one bad row must not end a query of the fleet.

-- JSON text with U+0000 to U+0003 in code (see JsonbText), since neither text nor jsonb takes U+0000.
create function muster_text(document text) returns text language plpgsql immutable strict parallel safe as $$
begin
  if strpos(document, '\u000') = 0 then
    return document;
  end if;
  -- A backslash that stands for itself must not be taken for the beginning of an escape.
  document := replace(document, '\\', '\u005c');
  for code in 0..3 loop
    document := replace(document, '\u000' || code, chr(1) || code);
  end loop;
  for code in 0..3 loop
    document := replace(document, chr(1) || code, '\u0001\u000' || (2 + code / 2) || '\u000' || (2 + code % 2));
  end loop;
  return document;
end $$;

-- The same of a text that is no JSON.
create function muster_coded(plain text) returns text language plpgsql immutable strict parallel safe as $$
begin
  if plain ~ E'[\x01-\x03]' then
    plain := replace(replace(replace(plain, chr(1), chr(1) || '0'), chr(2), chr(1) || '1'), chr(3), chr(1) || '2');
    for code in 1..3 loop
      plain := replace(plain, chr(1) || (code - 1), chr(1) || chr(2 + code / 2) || chr(2 + code % 2));
    end loop;
  end if;
  return plain;
end $$;

-- Null if the text is no JSON. Numbers that decimals are too small for are cut to what is left of them in a double.
create function muster_json(document text) returns jsonb language plpgsql immutable strict as $$
begin
  if strpos(document, '\u000') > 0 then
    document := muster_text(document);
  end if;
  begin
    return document::jsonb;
  exception when others then
    select string_agg(case when left(part[1], 1) = '"' then part[1] else
        regexp_replace(regexp_replace(regexp_replace(part[1],
          '(\.(?:[0-9]{200}){4})[0-9]+', '\1', 'g'), '[eE]-[0-9]{4,}', 'e-999', 'g'), '[eE]\+?[0-9]{4,}', 'e0', 'g') end, '' order by n)
      into document from regexp_matches(document, '"(?:[^"\\]|\\.)*"|[^"]+', 'g') with ordinality as parts (part, n);
    return document::jsonb;
  end;
exception when others then
  return null;
end $$;

-- Null unless it is a number.
create function muster_number(value jsonb) returns double precision language plpgsql immutable strict parallel safe as $$
declare
  number numeric;
begin
  if jsonb_typeof(value) <> 'number' then
    return null;
  end if;
  number := value::numeric;
  if abs(number) < 2.4703282292062328e-324 then
    return 0;
  elsif abs(number) > 1.797693134862315807e308 then
    return case when number > 0 then 'Infinity'::float8 else '-Infinity'::float8 end;
  end if;
  return number::double precision;
end $$;

-- IEEE arithmetic, where PostgreSQL's own ends in an error. Null for what is no number.
create function muster_add(a double precision, b double precision) returns double precision language plpgsql immutable strict parallel safe as $$
declare
  half double precision;
begin
  if abs(a) < 8e307 and abs(b) < 8e307 then
    return a + b;
  end if;
  half := case when abs(a) < 1 then 0 else a / 2 end + case when abs(b) < 1 then 0 else b / 2 end;
  return case when half = 'NaN' then null
    when half > 8.9884656743115785e307 then 'Infinity'::float8
    when half < -8.9884656743115785e307 then '-Infinity'::float8
    else a + b end;
end $$;

create function muster_multiply(a double precision, b double precision) returns double precision language plpgsql immutable strict as $$
begin
  return nullif(a * b, 'NaN');
exception when numeric_value_out_of_range then
  return case when abs(a) < 1 then 0 when (a > 0) = (b > 0) then 'Infinity'::float8 else '-Infinity'::float8 end;
end $$;

create function muster_divide(a double precision, b double precision) returns double precision language plpgsql immutable strict as $$
begin
  return nullif(a / nullif(b, 0), 'NaN');
exception when numeric_value_out_of_range then
  return case when abs(b) > 1 then 0 when (a > 0) = (b > 0) then 'Infinity'::float8 else '-Infinity'::float8 end;
end $$;

-- The rest of the division that truncates; each step is exact.
create function muster_remainder(a double precision, b double precision) returns double precision language plpgsql immutable strict parallel safe as $$
declare
  rest double precision := abs(a);
  divisor double precision := abs(b);
  step double precision := abs(b);
begin
  if divisor = 0 or divisor = 'NaN' or rest in ('NaN', 'Infinity') then
    return null;
  elsif divisor = 'Infinity' then
    return a;
  end if;
  while step <= rest - step loop
    step := step * 2;
  end loop;
  loop
    if rest >= step then
      rest := rest - step;
    end if;
    exit when step = divisor;
    step := step / 2;
  end loop;
  return case when a < 0 then -rest else rest end;
end $$;

create aggregate muster_sum(double precision) (sfunc = muster_add, stype = double precision, parallel = safe);
