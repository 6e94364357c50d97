-- One index probe for each: whatever the planner knows of the table, it must not read it whole.
delete from timer
where ctid = any (array(
	select found.ctid
	from unnest($3::integer[], $4::text[], $5::text[]) as c (partition, key, id)
		cross join lateral (
			select t.ctid from timer t
			where t.processor = $1::text and t.version = $2::integer
				and t.partition = c.partition and t.key = c.key and t.id = c.id
			limit 1
		) as found
))
