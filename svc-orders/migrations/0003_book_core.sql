-- The trading core of the book. A plain limit order stays as cheap as it was: what few orders have is null, or as it
-- is by default, and only the statement that saves such orders names it.

alter table book_symbol
	drop column taker_id,            -- the steps of an input are one transaction: no row ever
	drop column taker_leaves_micros, -- saw the middle of a sweep
	add column actions                bigint not null default 0,     -- corporate actions that are effective
	add column last_price_micros      bigint not null default 0,     -- of the last trade; 0: none
	add column opening_held           boolean not null default false,
	-- The last imbalance that was told in this call, and when; 0: none yet.
	add column imbalance_price_micros bigint not null default 0,
	add column imbalance_volume_micros bigint not null default 0,
	add column imbalance_micros       bigint not null default 0,
	add column imbalance_side         integer not null default 0,
	add column imbalance_at_micros    bigint not null default 0;

update book_symbol as b
set opening_held = trading in (2, 3),
	last_price_micros = coalesce((select t.price_micros from trade as t where t.symbol = b.symbol
		order by t.sequence desc, t.fact desc limit 1), 0);

alter table resting_order
	add column expires_at_micros     bigint not null default 0,      -- a close at or after it ends the order
	add column queue                 integer not null default 1,     -- 1 book, 2 stops, 3 opening, 4 closing
	add column order_type            integer not null default 2,     -- 1 market, 2 limit, 3 stop, 4 stop limit,
	                                                                 -- 5 trailing stop
	add column self_trade_prevention integer not null default 0,
	add column post_only             boolean not null default false,
	add column sibling_id            uuid,                           -- one cancels the other
	add column stop_price_micros     bigint,                         -- a trailing stop's follows the market
	add column trail_price_micros    bigint,
	add column trail_percent_micros  bigint,                         -- millionths of a per cent
	add column best_price_micros     bigint;

comment on column resting_order.quantity_micros is 'as it came, less what was decreased or prevented';
comment on column resting_order.leaves_micros is
	'changes, as do quantity, the sibling, and stop and best price of a trailing stop';
comment on column resting_order.time_in_force is '1 day, 2 good till canceled, 5 opening auction, 6 closing auction';
comment on column book_symbol.trading is
	'0 unheard, 1 closed, 2 open, 3 halted, 4 call of the opening auction, 5 of the closing one';
