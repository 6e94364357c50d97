insert into book_symbol (symbol, trading, session_date, actions, last_priority, last_price_micros, opening_held,
	imbalance_price_micros, imbalance_volume_micros, imbalance_micros, imbalance_side, imbalance_at_micros)
select symbol, trading, session_date, actions, last_priority, last_price_micros, opening_held,
	imbalance_price_micros, imbalance_volume_micros, imbalance_micros, imbalance_side, imbalance_at_micros
from unnest($1::text[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[],
	$8::bigint[], $9::bigint[], $10::bigint[], $11::integer[], $12::bigint[])
	as r (symbol, trading, session_date, actions, last_priority, last_price_micros, opening_held,
		imbalance_price_micros, imbalance_volume_micros, imbalance_micros, imbalance_side,
		imbalance_at_micros)
on conflict (symbol) do update set
	trading = excluded.trading,
	session_date = excluded.session_date,
	actions = excluded.actions,
	last_priority = excluded.last_priority,
	last_price_micros = excluded.last_price_micros,
	opening_held = excluded.opening_held,
	imbalance_price_micros = excluded.imbalance_price_micros,
	imbalance_volume_micros = excluded.imbalance_volume_micros,
	imbalance_micros = excluded.imbalance_micros,
	imbalance_side = excluded.imbalance_side,
	imbalance_at_micros = excluded.imbalance_at_micros
