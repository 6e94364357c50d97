create table tally (
	tally text primary key,
	-- A row that PostgreSQL refuses, for the tests: 23514.
	total bigint not null check (total <> 666)
);
