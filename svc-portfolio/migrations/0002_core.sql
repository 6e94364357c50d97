-- Settlement, lots, short positions, corporate actions, margin and statements.

-- cash = deposits - withdrawals + trades + dividends + other; settled is a part of it, the rest is in
-- unsettled_cash. For average cost: cash + the cost of all positions = deposits - withdrawals + cost_in -
-- cost_out + realised + dividends; for first in, first out the same with the columns that say fifo.
alter table portfolio_account
    add column settled_micros          bigint  not null default 0,
    add column trades_micros           bigint  not null default 0,
    add column dividends_micros        bigint  not null default 0,
    add column other_micros            bigint  not null default 0,
    add column fifo_cost_out_micros    bigint  not null default 0,
    add column fifo_realised_micros    bigint  not null default 0,
    add column movements               bigint  not null default 0,
    add column firm                    boolean not null default false,
    add column margin_called           boolean not null default false,
    add column day_ends_at_micros      bigint  not null default 0,
    add column margin_check_at_micros  bigint  not null default 0,
    add column actions_check_at_micros bigint  not null default 0;

-- What was booked before counts as settled.
update portfolio_account a
set settled_micros = cash_micros,
    trades_micros = cash_micros - deposits_micros + withdrawals_micros,
    fifo_cost_out_micros = cost_out_micros,
    fifo_realised_micros = realised_micros,
    movements = (select count(*) from ledger_entry e where e.account_id = a.account_id and e.kind in (1, 2));

-- A position below 0 is short, and its cost is what was received, below 0. since: when it was opened
-- last. actions: how many corporate actions of the symbol it has been through; pending_action: the number
-- of the one that waits for the desk, 0 for none. lots: the number of its newest lot.
alter table portfolio_position
    drop constraint portfolio_position_quantity_micros_check,
    drop constraint portfolio_position_cost_micros_check,
    drop constraint portfolio_position_check,
    add column fifo_cost_micros     bigint not null default 0,
    add column fifo_realised_micros bigint not null default 0,
    add column dividends_micros     bigint not null default 0,
    add column actions              bigint not null default 0,
    add column pending_action       bigint not null default 0,
    add column since_micros         bigint not null default 0,
    add column lots                 bigint not null default 0,
    add check (quantity_micros <> 0 or (cost_micros = 0 and fifo_cost_micros = 0)),
    add check (quantity_micros >= 0 or (cost_micros <= 0 and fifo_cost_micros <= 0)),
    add check (quantity_micros <= 0 or (cost_micros >= 0 and fifo_cost_micros >= 0));

-- The lots of a position, first in, first out, by ascending numbers without a hole; lots that are gone
-- have no row. lot_id: the trade or deposit that opened it.
create table portfolio_lot (
    account_id       uuid   not null,
    symbol           text   not null,
    lot              bigint not null,
    lot_id           uuid   not null,
    quantity_micros  bigint not null check (quantity_micros <> 0),
    cost_micros      bigint not null,
    opened_at_micros bigint not null,
    primary key (account_id, symbol, lot)
) with (fillfactor = 70);

-- What was bought before lots were kept is one lot.
insert into portfolio_lot (account_id, symbol, lot, lot_id, quantity_micros, cost_micros, opened_at_micros)
select account_id, symbol, 1, account_id, quantity_micros, cost_micros, 0
from portfolio_position
where quantity_micros > 0;

update portfolio_position
set fifo_cost_micros = cost_micros,
    fifo_realised_micros = realised_micros,
    lots = case when quantity_micros > 0 then 1 else 0 end;

-- Cash of trades by the date on which it settles (20120622); a date that has settled has no row.
create table unsettled_cash (
    account_id      uuid    not null,
    settlement_date integer not null,
    amount_micros   bigint  not null,
    primary key (account_id, settlement_date)
) with (fillfactor = 70);

-- Where an account stood at its last close: what the next statement begins with. (sequence, fact) in its
-- partition of the journal is the last fact that belongs to it.
create table portfolio_close (
    account_id           uuid    primary key,
    close_date           integer not null,
    cash_micros          bigint  not null,
    settled_micros       bigint  not null,
    deposits_micros      bigint  not null,
    withdrawals_micros   bigint  not null,
    trades_micros        bigint  not null,
    dividends_micros     bigint  not null,
    other_micros         bigint  not null,
    cost_in_micros       bigint  not null,
    cost_out_micros      bigint  not null,
    fifo_cost_out_micros bigint  not null,
    realised_micros      bigint  not null,
    fifo_realised_micros bigint  not null,
    equity_micros        bigint  not null,
    growth_picos         bigint  not null,
    movements            bigint  not null,
    sequence             bigint  not null,
    fact                 integer not null
);

-- A day of an account. opening + deposits - withdrawals + trades + dividends + other = closing, of cash;
-- realised + unrealised = equity - net_deposits. Its movements are the postings after (after_sequence,
-- after_fact) up to (sequence, fact) of the partition: statement_line shows them.
create table statement (
    account_id         uuid    not null,
    statement_date     integer not null,
    opening_micros     bigint  not null,
    closing_micros     bigint  not null,
    settled_micros     bigint  not null,
    unsettled_micros   bigint  not null,
    deposits_micros    bigint  not null,
    withdrawals_micros bigint  not null,
    trades_micros      bigint  not null,
    dividends_micros   bigint  not null,
    other_micros       bigint  not null,
    movements          bigint  not null,
    equity_micros      bigint  not null,
    net_deposits_micros bigint not null,
    realised_micros    bigint  not null,
    unrealised_micros  bigint  not null,
    flow_micros        bigint  not null,
    growth_picos       bigint  not null,
    partition          integer not null,
    after_sequence     bigint  not null,
    after_fact         integer not null,
    sequence           bigint  not null,
    fact               integer not null,
    closed_at_micros   bigint  not null,
    primary key (account_id, statement_date),
    check (opening_micros + deposits_micros - withdrawals_micros + trades_micros + dividends_micros
           + other_micros = closing_micros),
    check (settled_micros + unsettled_micros = closing_micros),
    check (realised_micros + unrealised_micros = equity_micros - net_deposits_micros)
);

-- The positions of a statement. price: the last one known; 0 where none was, and the cost stands in.
create table statement_position (
    account_id      uuid    not null,
    statement_date  integer not null,
    symbol          text    not null,
    quantity_micros bigint  not null,
    cost_micros     bigint  not null,
    realised_micros bigint  not null,
    price_micros    bigint  not null,
    value_micros    bigint  not null,
    primary key (account_id, statement_date, symbol)
);

-- Kinds, besides those before: 1 is settled cash, 6 unsettled cash, 7 issuers, 8 regulators. Causes,
-- besides those before: 'settlement', 'dividend', 'split', 'symbol_change'.
alter table ledger_entry
    drop constraint ledger_entry_kind_check,
    add constraint ledger_entry_kind_check check (kind between 1 and 8);

-- Every movement of a statement, with the fact that it comes from.
create view statement_line as
select s.account_id, s.statement_date, e.booked_at_micros, e.cause, e.cause_id, e.kind, e.instrument,
       e.amount_micros, e.partition, e.sequence, e.fact, e.posting
from statement s
join ledger_entry e
    on e.partition = s.partition and e.account_id = s.account_id and e.kind in (1, 2, 6)
    and (e.sequence, e.fact) > (s.after_sequence, s.after_fact)
    and (e.sequence, e.fact) <= (s.sequence, s.fact);
