-- One index probe for each: whatever the planner knows of the table, it must not read it whole.
select asked.key, asked.ce_id
from unnest($2::text[], $3::uuid[]) as asked (key, ce_id)
	cross join lateral (
		select from command c
		where c.key = asked.key and c.ce_id = asked.ce_id and c.processor = $1::text
		limit 1
	) as found
