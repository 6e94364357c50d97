insert into parked_input (processor, topic, partition, record_offset, key, type, ce_source, value,
	cause, detail, behind, timer, appended_at)
select $1::text, topic, partition, record_offset, key, type, ce_source, value, cause, detail, behind,
	timer, appended_at
from unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bytea[],
	$9::text[], $10::text[], $11::boolean[], $12::text[], $13::bigint[])
	as r (topic, partition, record_offset, key, type, ce_source, value, cause, detail, behind, timer,
		appended_at)
