select bus_advance($1::text, $2::integer, $3::integer, $4::bigint, $5::bigint, $6::bigint, $7::bigint,
	$8::bigint, $9::bigint, $10::text, $11::text[], $12::bigint[], $13::bigint[], $14::text[],
	$15::text[], $16::bigint[], $17::bigint[], $18::text[], $19::integer[], $20::bigint[],
	$21::text[], $22::integer[], $23::bigint[])
