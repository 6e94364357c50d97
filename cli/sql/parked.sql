-- $1 topic, $2 partition, $3 offset: null for all; the value only of a single one. $4: at most so many.
select processor, topic, partition, record_offset, convert_to(key, 'UTF8') as key, type, '' as ce_id, ce_source,
	cause, detail, appended_at, behind, octet_length(value) as bytes,
	case when $3::bigint is not null then value end as value, count(*) over () as total
from parked_input
where ($1::text is null or topic = $1) and ($2::integer is null or partition = $2)
	and ($3::bigint is null or record_offset = $3)
order by appended_at desc, topic, partition, record_offset desc
limit $4::bigint
