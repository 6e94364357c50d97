select epoch, batch, ended
from bus_claim($1::text, $2::integer, $3::integer, $4::text, $5::bigint)
