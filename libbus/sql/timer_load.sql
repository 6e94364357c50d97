-- The earliest that may fire: those of a parked key rest. One index probe for each.
select key, id, due, type, body
from timer t
where processor = $1::text and version = $2::integer and partition = $3::integer and id <> ''
	and (
		select p.key from parked_input p
		where p.processor = $1::text and p.key = t.key collate "default"
		limit 1
	) is null
order by due, key, id
limit $4::integer
