insert into refused_input (processor, topic, partition, record_offset, key, type, ce_id, ce_source,
	value, cause, detail, appended_at)
select $1::text, topic, partition, record_offset, key, type, ce_id, ce_source, value, cause, detail,
	appended_at
from unnest($2::text[], $3::integer[], $4::bigint[], $5::bytea[], $6::text[], $7::text[], $8::text[],
	$9::bytea[], $10::text[], $11::text[], $12::bigint[])
	as r (topic, partition, record_offset, key, type, ce_id, ce_source, value, cause, detail, appended_at)
