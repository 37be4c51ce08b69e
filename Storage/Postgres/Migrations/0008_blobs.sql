-- Blobs of the hub's own store. A part is one write, a block or a whole blob, in chunks of 256 KiB; a blob is a list of parts.
create table blob_part (
  id uuid primary key,
  blob text not null,
  -- null for a blob that was written whole
  block text,
  -- null while it is being written
  size bigint,
  at timestamptz not null,
  -- whether a blob's list has it
  committed boolean not null default false
);

create index blob_part_blob on blob_part (blob);
create index blob_part_stale on blob_part (at) where not committed;

create table blob_chunk (
  part uuid not null references blob_part on delete cascade,
  ordinal integer not null,
  data bytea not null,
  primary key (part, ordinal)
);

-- Files do not compress any more, or were not worth it.
alter table blob_chunk alter column data set storage external;

create table blob (
  name text primary key,
  size bigint not null,
  etag text not null,
  content_type text not null,
  modified_at timestamptz not null,
  blocks text,
  parts uuid[] not null,
  sizes bigint[] not null
);
