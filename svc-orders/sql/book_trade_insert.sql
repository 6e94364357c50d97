insert into trade (symbol, sequence, fact, trade_id, price_micros, quantity_micros, maker_order_id,
	taker_order_id, executed_at_micros)
select symbol, sequence, fact, trade_id, price_micros, quantity_micros, maker_order_id, taker_order_id,
	executed_at_micros
from unnest($1::text[], $2::bigint[], $3::integer[], $4::uuid[], $5::bigint[], $6::bigint[], $7::uuid[],
	$8::uuid[], $9::bigint[])
	as r (symbol, sequence, fact, trade_id, price_micros, quantity_micros, maker_order_id, taker_order_id,
		executed_at_micros)
