select 'orders', count(*) from customer_order union all select 'resting', count(*) from resting_order
union all select 'trades', count(*) from trade union all select 'positions', count(*) from desk_position
