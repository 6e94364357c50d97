delete from timer t
using unnest($3::integer[], $4::text[], $5::text[]) as c (partition, key, id)
where t.processor = $1::text and t.version = $2::integer and t.partition = c.partition
	and t.key = c.key and t.id = c.id
