-- The trading core of the desk. A plain order stays as cheap as it was: what few orders have is in a table of its
-- own, with a row for those orders alone.

alter table desk_position
	add column actions           bigint not null default 0,
	add column collateral_micros bigint not null default 0 check (collateral_micros >= 0),
	-- A corporate action that waits until the last order and withdrawal of the symbol has ended.
	add column pending_action_id uuid;

create index desk_position_pending on desk_position (account_id) where pending_action_id is not null;

alter table customer_order
	add column fee_group              text not null default '',
	add column fee_hold_micros        bigint not null default 0 check (fee_hold_micros >= 0),
	add column expires_at_micros      bigint not null default 0,
	add column reference_price_micros bigint not null default 0,
	add column actions                bigint not null default 0;

-- Mass cancels and corporate actions ask for what an account has open. Not only the open ones: no column that
-- changes is indexed.
create index customer_order_account on customer_order (account_id);

-- Orders that belong together have the same group_id as long as they are open: an entry, its legs and its
-- replacement; two that cancel each other. They come into memory together.
create table customer_order_extra (
	order_id                  uuid primary key,
	account_id                uuid not null,
	group_id                  uuid,
	entry_order_id            uuid,
	sibling_order_id          uuid,
	replaces_order_id         uuid,
	replacement_order_id      uuid,
	order_class               int not null,
	post_only                 boolean not null,
	notional_micros           bigint not null,
	stop_price_micros         bigint not null,
	trail_price_micros        bigint not null,
	trail_percent_micros      bigint not null,
	quantity_increment_micros bigint not null,
	short_micros              bigint not null check (short_micros >= 0),
	margin_hold_micros        bigint not null check (margin_hold_micros >= 0),
	prevented_micros          bigint not null check (prevented_micros >= 0),
	triggered                 boolean not null
) with (fillfactor = 70);

create index customer_order_group on customer_order_extra (group_id) where group_id is not null;

create index desk_withdrawal_held on desk_withdrawal (account_id) where held;

-- An order as it comes into memory, whatever it has.
create view customer_order_whole as
select o.order_id, o.account_id, o.client_order_id, o.symbol, o.side, o.type, o.time_in_force, o.self_trade,
       o.firm, o.limit_price_micros, o.collar_price_micros, o.ordered_micros, o.accepted_at_micros, o.status,
       o.quantity_micros, o.cum_micros, o.leaves_micros, o.cum_notional_micros, o.hold_micros,
       o.updated_at_micros, o.fee_group, o.fee_hold_micros, o.expires_at_micros, o.reference_price_micros,
       o.actions, x.order_id is not null as extra, x.group_id, x.entry_order_id, x.sibling_order_id,
       x.replaces_order_id, x.replacement_order_id, x.order_class, x.post_only, x.notional_micros,
       x.stop_price_micros, x.trail_price_micros, x.trail_percent_micros, x.quantity_increment_micros,
       x.short_micros, x.margin_hold_micros, x.prevented_micros, x.triggered
  from customer_order o
  left join customer_order_extra x on x.order_id = o.order_id;
