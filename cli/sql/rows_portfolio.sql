select 'accounts', count(*) from portfolio_account union all select 'positions', count(*) from portfolio_position
union all select 'postings', count(*) from ledger_entry
