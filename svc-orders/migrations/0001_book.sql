-- The books: a row for each symbol, for each order that rests, and for each trade. All three are a pure
-- fold of books.events. Amounts are millionths, times microseconds since 1970.

create table book_symbol (
	symbol text primary key,
	trading integer not null,            -- 0 unheard, 1 closed, 2 open, 3 halted
	session_date integer not null,       -- 20120621; 0 before the first
	last_priority bigint not null,
	taker_id uuid,                       -- a sweep that goes on in the next step
	taker_leaves_micros bigint not null
) with (fillfactor = 70);

create table resting_order (
	order_id uuid primary key,
	symbol text not null,
	account_id uuid not null,
	side integer not null,               -- 1 buy, 2 sell
	time_in_force integer not null,      -- 1 day, 2 good till canceled
	price_micros bigint not null,
	quantity_micros bigint not null,     -- as it came
	leaves_micros bigint not null,       -- the only column that changes
	priority bigint not null             -- dense per symbol, ascending with arrival
) with (fillfactor = 80);
create index resting_order_symbol on resting_order (symbol);

create table trade (
	symbol text not null,
	sequence bigint not null,            -- of the step in the journal
	fact integer not null,               -- within the step
	trade_id uuid not null,
	price_micros bigint not null,
	quantity_micros bigint not null,
	maker_order_id uuid not null,
	taker_order_id uuid not null,
	executed_at_micros bigint not null,
	primary key (symbol, sequence, fact)
);
