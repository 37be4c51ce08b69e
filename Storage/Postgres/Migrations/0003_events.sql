-- The event log. Whoever appends takes the heads of its partitions, in order of number: their row locks hand offsets out without a hole,
-- and make each commit visible before the next one begins. Times are UTC ticks.
create table event_head (
    partition smallint primary key,
    next_offset bigint not null default 0,
    enqueued_at bigint not null default 0
) with (fillfactor = 20);

insert into event_head (partition) select generate_series(0, 31);

-- A row holds the records of one or more appends, each with its length before it; last_offset is the place of the last of them, so that
-- the row with the event at n is the first one from n on. Telemetry is not compressed here: it would cost the writers more than the disk.
create table event_batch (
    partition smallint not null,
    last_offset bigint not null,
    events integer not null,
    enqueued_at bigint not null,
    records bytea not null
) partition by range (enqueued_at);

-- Its partitions are made by the silos, ahead of time and named event_batch_<their end>, and dropped whole when they are old.

alter table event_batch alter column records set storage external;

create index event_batch_place on event_batch (partition, last_offset);
