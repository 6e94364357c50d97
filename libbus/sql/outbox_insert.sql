insert into outbox (processor, version, partition, sequence, key, step)
select $1::text, $2::integer, partition, sequence, key, step
from unnest($3::integer[], $4::bigint[], $5::text[], $6::bytea[]) as s (partition, sequence, key, step)
