-- What a handler has refused is remembered too, but led to no step.
select processor, count(*) from command c
where not exists (
	select from refused_input r
	where r.processor = c.processor and r.key = convert_to(c.key, 'UTF8')
		and lower(r.ce_id) = c.ce_id::text)
group by processor
