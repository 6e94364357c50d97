insert into resting_order (order_id, symbol, account_id, side, time_in_force, price_micros,
	quantity_micros, leaves_micros, priority, expires_at_micros)
select order_id, symbol, account_id, side, time_in_force, price_micros, quantity_micros, leaves_micros, priority,
	expires_at_micros
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[],
	$8::bigint[], $9::bigint[], $10::bigint[])
	as r (order_id, symbol, account_id, side, time_in_force, price_micros, quantity_micros, leaves_micros,
		priority, expires_at_micros)
on conflict (order_id) do update set
	quantity_micros = excluded.quantity_micros,
	leaves_micros = excluded.leaves_micros
