-- The tables of the bus, beside those of every projection.

-- One row per (processor, version, partition): who owns it, and how far it has come. Positions, high
-- waters, sequences and reference offsets are packed into arrays so that a batch is one UPDATE; the
-- views below show them as rows. No index but the key: every update is heap-only.
create table lease (
	processor        text    not null,
	version          integer not null,
	partition        integer not null,
	owner            text    not null default '',
	epoch            bigint  not null default 0,
	batch            bigint  not null default 0,
	sequence         bigint  not null default 0, -- the last step of the journal that is committed here
	published        bigint  not null default 0, -- the step up to which everything is acknowledged
	journal_offset   bigint  not null default 0, -- the journal is known from here back: `published` stands before it
	journal_epoch    bigint  not null default 0, -- the epoch in force there
	clock            bigint  not null default 0, -- the last `now`, micros
	stopped          text,                       -- why the partition does not go on; null: it does
	position_topic   text[]   not null default '{}',
	position_next    bigint[] not null default '{}',
	position_hash    bigint[] not null default '{}', -- of the record before position_next
	high_topic       text[]   not null default '{}',
	high_source      text[]   not null default '{}',
	high_epoch       bigint[] not null default '{}',
	high_sequence    bigint[] not null default '{}',
	output_topic     text[]    not null default '{}',
	output_partition integer[] not null default '{}',
	output_sequence  bigint[]  not null default '{}', -- the last number given out
	reference_topic     text[]    not null default '{}',
	reference_partition integer[] not null default '{}',
	reference_next      bigint[]  not null default '{}',
	primary key (processor, version, partition)
) with (fillfactor = 50);

create view lease_position as
	select processor, version, partition, p.topic, p.next_offset, p.hash
	from lease, unnest(position_topic, position_next, position_hash) as p (topic, next_offset, hash);

create view lease_high_water as
	select processor, version, partition, h.topic, h.source, h.epoch as high_epoch, h.sequence as high_sequence
	from lease, unnest(high_topic, high_source, high_epoch, high_sequence) as h (topic, source, epoch, sequence);

create view lease_output as
	select processor, version, partition, o.topic, o.output_partition, o.last_sequence
	from lease, unnest(output_topic, output_partition, output_sequence) as o (topic, output_partition, last_sequence);

-- Steps on their way to the journal, in time partitions: one goes when it is old and all of it is published.
create table outbox (
	processor  text    not null,
	version    integer not null,
	partition  integer not null,
	sequence   bigint  not null,
	key        text    not null,
	step       bytea   not null,
	created_at timestamptz not null default now()
) partition by range (created_at);

create index outbox_sequence on outbox (processor, version, partition, sequence);
create table outbox_default partition of outbox default;

-- What has been commanded from outside: a command acts once per (key, ce_id), for ever.
create table command (
	processor text not null,
	key       text not null,
	ce_id     uuid not null,
	primary key (key, ce_id, processor)
);

create table timer (
	processor text    not null,
	version   integer not null,
	partition integer not null,
	due       bigint  not null,
	id        text    not null,
	key       text    not null,
	type      text    not null,
	body      bytea   not null,
	primary key (processor, version, partition, due, id)
);

-- Outside inputs that could not be read, raw, with their cause.
create table refused_input (
	processor  text    not null,
	topic      text    not null,
	partition  integer not null,
	record_offset bigint not null,
	key        bytea,
	type       text    not null,
	ce_id      text    not null,
	ce_source  text    not null,
	value      bytea,
	cause      text    not null,
	detail     text    not null,
	appended_at bigint not null,
	primary key (processor, topic, partition, record_offset)
);

-- Sequenced inputs that could not be applied; later ones of the same key wait behind them.
create table parked_input (
	processor  text    not null,
	topic      text    not null,
	partition  integer not null,
	record_offset bigint not null,
	key        text    not null,
	type       text    not null,
	ce_source  text    not null,
	value      bytea,
	cause      text    not null,
	detail     text    not null,
	behind     boolean not null,
	appended_at bigint not null,
	primary key (processor, topic, partition, record_offset)
);
create index parked_input_key on parked_input (processor, key);

-- What this store belongs to: the Kafka cluster, and the number of partitions of each topic at first start.
create table cluster (
	topic      text    primary key, -- '' for the cluster's own row
	cluster_id text    not null,
	partitions integer not null
);

-- The compare-and-swap of every batch: must hit its row, or the whole transaction is void.
create function bus_advance(
	p_processor text, p_version integer, p_partition integer, p_epoch bigint, p_batch bigint,
	p_sequence bigint, p_published bigint, p_journal_offset bigint, p_journal_epoch bigint, p_clock bigint, p_stopped text,
	p_position_topic text[], p_position_next bigint[], p_position_hash bigint[],
	p_high_topic text[], p_high_source text[], p_high_epoch bigint[], p_high_sequence bigint[],
	p_output_topic text[], p_output_partition integer[], p_output_sequence bigint[],
	p_reference_topic text[], p_reference_partition integer[], p_reference_next bigint[]
) returns void language plpgsql as $$
declare
	found_owner text;
	found_epoch bigint;
begin
	update lease set
		batch = p_batch + 1, sequence = p_sequence, published = p_published,
		journal_offset = p_journal_offset, journal_epoch = p_journal_epoch, clock = p_clock, stopped = p_stopped,
		position_topic = p_position_topic, position_next = p_position_next,
		position_hash = p_position_hash,
		high_topic = p_high_topic, high_source = p_high_source, high_epoch = p_high_epoch,
		high_sequence = p_high_sequence,
		output_topic = p_output_topic, output_partition = p_output_partition,
		output_sequence = p_output_sequence,
		reference_topic = p_reference_topic, reference_partition = p_reference_partition,
		reference_next = p_reference_next
	where processor = p_processor and version = p_version and partition = p_partition
		and epoch = p_epoch and batch = p_batch;
	if not found then
		select owner, epoch into found_owner, found_epoch from lease
		where processor = p_processor and version = p_version and partition = p_partition;
		raise exception 'fenced: partition % of % is owned by % in epoch %, not in epoch %',
			p_partition, p_processor, coalesce(found_owner, 'nobody'),
			coalesce(found_epoch, 0), p_epoch
			using errcode = 'BF001';
	end if;
end $$;

-- Claims a partition: raises the epoch above the lease's and the journal's. A rival that holds the row
-- and does not let go (a frozen client keeps its locks for ever) has its backend ended. `ended` counts them.
create function bus_claim(
	p_processor text, p_version integer, p_partition integer, p_owner text, p_epoch bigint,
	out epoch bigint, out batch bigint, out ended integer
) language plpgsql as $$
declare
	tries integer := 0;
begin
	ended := 0;
	-- Asked first, since `on conflict` would wait for a rival that is changing the row.
	if not exists (select 1 from lease l where l.processor = p_processor and l.version = p_version
			and l.partition = p_partition) then
		insert into lease (processor, version, partition)
		values (p_processor, p_version, p_partition)
		on conflict do nothing;
	end if;
	loop
		begin
			perform set_config('lock_timeout', '1s', true);
			perform 1 from lease l where l.processor = p_processor and l.version = p_version
				and l.partition = p_partition for update;
			exit;
		exception when lock_not_available then
			tries := tries + 1;
			if tries = 5 then
				raise;
			end if;
			ended := ended + (
				select count(pg_terminate_backend(k.pid))
				from lease l join pg_locks k on k.locktype = 'transactionid'
					and k.transactionid = l.xmax and k.granted
				where l.processor = p_processor and l.version = p_version
					and l.partition = p_partition and k.pid <> pg_backend_pid());
		end;
	end loop;
	update lease l set owner = p_owner, epoch = greatest(l.epoch, p_epoch) + 1
	where l.processor = p_processor and l.version = p_version and l.partition = p_partition
	returning l.epoch, l.batch into epoch, batch;
end $$;

-- Makes the outbox's partitions of the next hours, and drops those that are old and wholly published.
-- Owned by the schema's owner, since the application role has DML alone.
create function bus_outbox_rotate() returns integer language plpgsql security definer
set search_path = public, pg_temp as $$
declare
	hour timestamptz := date_trunc('hour', now());
	part text;
	pending boolean;
	dropped integer := 0;
begin
	if not pg_try_advisory_xact_lock(hashtext('bus_outbox_rotate')) then
		return 0;
	end if;
	for i in 1..3 loop
		part := 'outbox_' || to_char((hour + i * interval '1 hour') at time zone 'UTC', 'YYYYMMDDHH24');
		if to_regclass(part) is null then
			execute format('create table %I partition of outbox for values from (%L) to (%L)',
				part, hour + i * interval '1 hour', hour + (i + 1) * interval '1 hour');
		end if;
	end loop;
	for part in
		select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
		where i.inhparent = 'outbox'::regclass and c.relname ~ '^outbox_[0-9]{10}$'
			and c.relname < 'outbox_' || to_char((hour - interval '1 hour') at time zone 'UTC', 'YYYYMMDDHH24')
	loop
		execute format('select exists (select 1 from %I o left join lease l using (processor, version, partition)
			where o.sequence > coalesce(l.published, 0))', part) into pending;
		if not pending then
			execute format('drop table %I', part);
			dropped := dropped + 1;
		end if;
	end loop;
	delete from outbox_default o using lease l
	where l.processor = o.processor and l.version = o.version and l.partition = o.partition
		and o.sequence <= l.published and o.created_at < now() - interval '1 hour';
	return dropped;
end $$;
