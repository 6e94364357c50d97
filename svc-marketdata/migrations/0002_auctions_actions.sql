-- The calls of auctions, and corporate actions.

alter table instrument drop constraint instrument_session_check;
alter table instrument add constraint instrument_session_check
	check (session in (1, 2, 3, 4)); -- closed, open, opening auction, closing auction
alter table instrument add column opening_held boolean not null default true;

-- Announced and effective ones; they are never removed.
create table corporate_action (
	action_id uuid primary key,
	symbol text not null,
	kind integer not null check (kind in (1, 2, 3)), -- split, dividend, rename
	effective_at_micros bigint not null,
	new_shares bigint not null,
	old_shares bigint not null,
	cash_price_micros bigint not null,
	amount_micros bigint not null,
	new_symbol text not null,
	number bigint not null check (number >= 0) -- among the effective ones, from 1; 0: ahead
);
create index corporate_action_symbol on corporate_action (symbol);
