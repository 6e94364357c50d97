insert into resting_order (order_id, symbol, account_id, side, time_in_force, price_micros,
	quantity_micros, leaves_micros, priority, expires_at_micros, queue, order_type, self_trade_prevention,
	post_only, sibling_id, stop_price_micros, trail_price_micros, trail_percent_micros, best_price_micros)
select order_id, symbol, account_id, side, time_in_force, price_micros, quantity_micros, leaves_micros, priority,
	expires_at_micros, queue, order_type, self_trade_prevention, post_only, sibling_id, stop_price_micros,
	trail_price_micros, trail_percent_micros, best_price_micros
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[],
	$8::bigint[], $9::bigint[], $10::bigint[], $11::integer[], $12::integer[], $13::integer[], $14::boolean[],
	$15::uuid[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[])
	as r (order_id, symbol, account_id, side, time_in_force, price_micros, quantity_micros, leaves_micros,
		priority, expires_at_micros, queue, order_type, self_trade_prevention, post_only, sibling_id,
		stop_price_micros, trail_price_micros, trail_percent_micros, best_price_micros)
on conflict (order_id) do update set
	quantity_micros = excluded.quantity_micros,
	leaves_micros = excluded.leaves_micros,
	sibling_id = excluded.sibling_id,
	stop_price_micros = excluded.stop_price_micros,
	best_price_micros = excluded.best_price_micros
