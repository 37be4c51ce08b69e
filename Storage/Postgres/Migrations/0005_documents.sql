-- States of grains that are found by key alone. A version is given once, whichever document takes it: a document that is made again has none
-- of its predecessor's. The payload's first byte says its form.
create sequence document_version;

create table document (
  grain_type text collate "C" not null,
  key text collate "C" not null,
  name text collate "C" not null,
  version bigint not null,
  payload bytea not null,
  primary key (grain_type, key, name)
)
with (fillfactor = 70);
