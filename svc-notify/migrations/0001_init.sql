-- The projection of notify. Every row is the fold of notify.events.
-- Category: 1 trade confirmation, 2 order rejected, 3 order canceled, 4 cash moved.
-- Channel: 1 stream, 2 email, 3 webhook.

-- What an account has set itself; what has no row is as by default (all on the stream, nothing elsewhere).
create table preference (
    account_id uuid    not null,
    category   integer not null check (category between 1 and 4),
    channel    integer not null check (channel between 1 and 3),
    enabled    boolean not null,
    primary key (account_id, category, channel)
) with (fillfactor = 70);

-- Append-only; once for each (account, event, channel). The event is 'topic/partition/offset/index' of the
-- fact that it tells of.
create table delivery (
    account_id          uuid    not null,
    event_id            text    not null,
    channel             integer not null check (channel between 1 and 3),
    delivery_id         uuid    not null,
    user_id             text    not null,
    category            integer not null check (category between 1 and 4),
    event_type          text    not null,
    subject_id          text    not null,
    title               text    not null,
    body                text    not null,
    delivered_at_micros bigint  not null,
    primary key (account_id, event_id, channel)
);
