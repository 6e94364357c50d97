select sequence, key, step
from outbox
where processor = $1::text and version = $2::integer and partition = $3::integer and sequence > $4::bigint
order by sequence
limit $5::integer
