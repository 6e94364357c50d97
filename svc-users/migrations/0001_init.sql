-- Users, accounts, roles and permissions: the fold of users.events. Times are microseconds since 1970.

create table app_user (
	user_id uuid primary key,
	email text not null, -- in its one form: ASCII, lower case
	display_name text not null,
	registered_at_micros bigint not null
);
-- All partitions share it: of two registrations that race, the second fails here and is decided again.
create unique index app_user_email on app_user (email);

create table account (
	account_id uuid primary key,
	user_id uuid not null references app_user,
	status integer not null check (status in (1, 2, 3)), -- open, blocked, closed
	fee_group text not null,
	firm boolean not null,
	block_reason text not null,
	opened_at_micros bigint not null
) with (fillfactor = 70);
create index account_user on account (user_id);

create table user_role (
	user_id uuid not null references app_user,
	role text not null,
	primary key (user_id, role)
);

create table user_permission (
	user_id uuid not null references app_user,
	permission text not null,
	primary key (user_id, permission)
);
