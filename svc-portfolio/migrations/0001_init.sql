-- The ledger's projection. Every row is the fold of portfolio.events; amounts are millionths.

-- cash = deposits - withdrawals + the cash of all trades. Shares that come or go take their cost along:
-- cash + the cost of all positions = deposits - withdrawals + cost_in - cost_out + realised.
create table portfolio_account (
    account_id         uuid   primary key,
    cash_micros        bigint not null,
    deposits_micros    bigint not null,
    withdrawals_micros bigint not null,
    cost_in_micros     bigint not null,
    cost_out_micros    bigint not null,
    realised_micros    bigint not null
) with (fillfactor = 70);

-- Average cost. A flat position stays, for what it has realised.
create table portfolio_position (
    account_id      uuid   not null,
    symbol          text   not null,
    quantity_micros bigint not null check (quantity_micros >= 0),
    cost_micros     bigint not null check (cost_micros >= 0),
    realised_micros bigint not null,
    primary key (account_id, symbol),
    check (quantity_micros > 0 or cost_micros = 0)
) with (fillfactor = 70);

-- Of cash (amount), or of shares (symbol, quantity); the other is 0 or ''.
-- State: 1 requested of the desk, 2 booked, 3 rejected.
create table withdrawal (
    withdrawal_id       uuid    primary key,
    account_id          uuid    not null,
    state               integer not null check (state in (1, 2, 3)),
    amount_micros       bigint  not null check (amount_micros >= 0),
    symbol              text    not null,
    quantity_micros     bigint  not null check (quantity_micros >= 0),
    requested_at_micros bigint  not null,
    check ((amount_micros = 0) <> (quantity_micros = 0))
);

-- The few that wait for the desk, which are all that a decision needs.
create index withdrawal_open on withdrawal (account_id) where state = 1;

-- Double entry, append-only. A transaction is a fact of the journal: (partition, sequence, fact); its
-- postings sum to 0 for each instrument. Kind: 1 the customer's cash, 2 the customer's shares, 3 market,
-- 4 external, 5 fees. The instrument is 'cash' or a symbol. Cause: 'deposit', 'withdrawal' or 'trade',
-- and its id.
create table ledger_entry (
    partition        integer not null,
    sequence         bigint  not null,
    fact             integer not null,
    posting          integer not null,
    account_id       uuid    not null,
    kind             integer not null check (kind between 1 and 5),
    instrument       text    not null,
    amount_micros    bigint  not null check (amount_micros <> 0),
    cause            text    not null,
    cause_id         uuid    not null,
    booked_at_micros bigint  not null,
    primary key (partition, sequence, fact, posting)
);
