insert into timer (processor, version, partition, key, id, due, type, body)
select $1::text, $2::integer, partition, key, id, due, type, body
from unnest($3::integer[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bytea[])
	as s (partition, key, id, due, type, body)
order by partition, key, id
on conflict (processor, version, partition, key, id)
	do update set due = excluded.due, type = excluded.type, body = excluded.body
