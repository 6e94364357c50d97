select 'instruments', count(*) from instrument union all select 'trades', count(*) from trade
union all select 'bars', count(*) from bar
