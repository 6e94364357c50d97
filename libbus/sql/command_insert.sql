insert into command (processor, key, ce_id)
select $1::text, key, ce_id
from unnest($2::text[], $3::uuid[]) as c (key, ce_id)
