insert into tally (tally, total)
select tally, total
from unnest($1::text[], $2::bigint[]) as t (tally, total)
order by tally
on conflict (tally) do update set total = excluded.total
