-- Accounts that may sell what they do not own.
alter table account add column shorting boolean not null default false;
