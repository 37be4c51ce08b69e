-- Messages to devices and their feedback, packed in the row; and what the hub has to tell the back office.
alter table device add column messages bytea, add column feedback bytea;

-- A record without a body was settled: it stays for a while, so that it is not added again.
create table service_record (
  queue text collate "C" not null,
  id uuid not null,
  position bigint not null generated always as identity,
  at bigint not null,
  body bytea,
  primary key (queue, id)
);

create index service_record_waiting on service_record (queue, position) where body is not null;
create index service_record_age on service_record (queue, at);
