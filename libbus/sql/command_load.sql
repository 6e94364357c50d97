select c.key, c.ce_id
from unnest($2::text[], $3::uuid[]) as asked (key, ce_id)
	join command c on c.key = asked.key and c.ce_id = asked.ce_id and c.processor = $1::text
