insert into book_symbol (symbol, trading, session_date, last_priority, taker_id, taker_leaves_micros)
select symbol, trading, session_date, last_priority, taker_id, taker_leaves_micros
from unnest($1::text[], $2::integer[], $3::integer[], $4::bigint[], $5::uuid[], $6::bigint[])
	as r (symbol, trading, session_date, last_priority, taker_id, taker_leaves_micros)
on conflict (symbol) do update set
	trading = excluded.trading,
	session_date = excluded.session_date,
	last_priority = excluded.last_priority,
	taker_id = excluded.taker_id,
	taker_leaves_micros = excluded.taker_leaves_micros
