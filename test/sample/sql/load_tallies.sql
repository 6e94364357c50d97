select tally, total
from tally
where tally = any ($1::text[])
