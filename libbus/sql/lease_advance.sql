select bus_advance($1::text, $2::integer, $3::integer, $4::bigint, $5::bigint, $6::bigint, $7::bigint,
	$8::bigint, $9::bigint, $10::bigint, $11::text, $12::text[], $13::bigint[], $14::bigint[], $15::text[],
	$16::text[], $17::bigint[], $18::bigint[], $19::text[], $20::integer[], $21::bigint[],
	$22::text[], $23::integer[], $24::bigint[])
