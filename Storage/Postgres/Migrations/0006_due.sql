-- Each partition's rows that wait, in the order in which pages are read.
create index device_due on device (virtual_partition, next_deadline, device_id, module_id) where next_deadline is not null;
drop index device_deadline;
