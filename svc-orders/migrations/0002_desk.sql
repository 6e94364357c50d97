-- The desk's projection of orders.events. The key of every row is its account. Amounts are millionths,
-- times are microseconds since 1970; enum columns hold the numbers of bourse.orders.v1.
-- No column that changes is indexed: updates stay on their page.

create table desk_account (
	account_id       uuid primary key,
	cash_micros      bigint not null,
	cash_held_micros bigint not null check (cash_held_micros >= 0)
) with (fillfactor = 50);

create table desk_position (
	account_id           uuid not null,
	symbol               text not null,
	position_micros      bigint not null,
	position_held_micros bigint not null check (position_held_micros >= 0),
	primary key (account_id, symbol)
) with (fillfactor = 50);

-- client_order_id is null where the client gave none: the order's id is its name then.
create table customer_order (
	order_id            uuid primary key,
	account_id          uuid not null,
	client_order_id     text,
	symbol              text not null,
	side                int not null,
	type                int not null,
	time_in_force       int not null,
	self_trade          int not null,
	firm                boolean not null,
	limit_price_micros  bigint not null,
	collar_price_micros bigint not null,
	ordered_micros      bigint not null,
	accepted_at_micros  bigint not null,
	status              int not null,
	quantity_micros     bigint not null,
	cum_micros          bigint not null check (cum_micros >= 0),
	leaves_micros       bigint not null check (leaves_micros >= 0),
	cum_notional_micros bigint not null,
	hold_micros         bigint not null check (hold_micros >= 0),
	updated_at_micros   bigint not null,
	check (leaves_micros = 0 or cum_micros + leaves_micros = quantity_micros)
) with (fillfactor = 50); -- nearly every order is updated once or twice, soon after it came

-- A client order id names one order of its account, for ever; most flows give none.
create unique index customer_order_client on customer_order (account_id, client_order_id)
	where client_order_id is not null;

-- What was held for withdrawals; no longer once the ledger has booked it. symbol is '' for cash.
create table desk_withdrawal (
	withdrawal_id uuid primary key,
	account_id    uuid not null,
	symbol        text not null,
	amount_micros bigint not null check (amount_micros > 0),
	held          boolean not null
) with (fillfactor = 70);
