-- Instruments, quotes, trades and bars: the fold of market.events. Amounts are millionths, times are
-- microseconds since 1970.

create table instrument (
	symbol text primary key,
	name text not null,
	price_increment_micros bigint not null check (price_increment_micros > 0),
	price_increment_below_one_micros bigint not null check (price_increment_below_one_micros > 0),
	quantity_increment_micros bigint not null check (quantity_increment_micros > 0),
	min_notional_micros bigint not null,
	band_fraction_micros bigint not null,
	fractionable boolean not null,
	reference_price_micros bigint not null,
	band_low_micros bigint not null,
	band_high_micros bigint not null,
	session integer not null check (session in (1, 2)), -- closed, open
	session_date integer not null, -- 20120621; 0 before the first
	closes_at_micros bigint not null,
	halted boolean not null,
	halt_reason text not null
);

-- Best bid and offer, last trade, and which bar is the latest. 0 stands for "none".
create table quote (
	symbol text primary key,
	bid_price_micros bigint not null,
	bid_quantity_micros bigint not null,
	ask_price_micros bigint not null,
	ask_quantity_micros bigint not null,
	last_price_micros bigint not null,
	last_quantity_micros bigint not null,
	last_at_micros bigint not null,
	quoted_at_micros bigint not null,
	bar_start_at_micros bigint -- null before the first trade
) with (fillfactor = 50);

-- Append-only.
create table trade (
	trade_id uuid primary key,
	symbol text not null,
	price_micros bigint not null check (price_micros > 0),
	quantity_micros bigint not null check (quantity_micros > 0),
	executed_at_micros bigint not null
);

-- The trades of one minute. The latest bar of a symbol may be open still: not issued, and growing.
create table bar (
	symbol text not null,
	start_at_micros bigint not null,
	open_micros bigint not null,
	high_micros bigint not null,
	low_micros bigint not null,
	close_micros bigint not null,
	volume_micros bigint not null check (volume_micros > 0),
	notional_micros bigint not null,
	trade_count bigint not null check (trade_count > 0),
	closed boolean not null,
	updated boolean not null,
	primary key (symbol, start_at_micros),
	check (low_micros <= least(open_micros, close_micros)),
	check (high_micros >= greatest(open_micros, close_micros))
);
