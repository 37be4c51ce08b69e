-- What a row that mirrors a device of the upstream hub remembers of it, packed.
alter table device add column upstream bytea;
