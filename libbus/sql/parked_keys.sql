select distinct key
from parked_input
where processor = $1::text and key = any ($2::text[])
