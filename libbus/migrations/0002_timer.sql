-- Timers that are set: a row is an input of its key when the partition's clock has come to `due`. It is
-- written and removed by the transaction of the step that does so. Names are compared byte by byte, as
-- the processor does that keeps the earliest in memory.
drop table timer;

create table timer (
	processor text    not null,
	version   integer not null,
	partition integer not null,
	key       text    collate "C" not null,
	id        text    collate "C" not null,
	due       bigint  not null, -- micros
	type      text    not null, -- of the message
	body      bytea   not null,
	primary key (processor, version, partition, key, id)
);
-- No id is empty: the condition keeps this index from being taken for a search by name, which it would
-- do with a look at every timer of the partition.
create index timer_due on timer (processor, version, partition, due, key, id) where id <> '';

-- A timer that could not be applied is parked under the topic 'timer', its step's sequence and this id.
alter table parked_input add column timer text;
