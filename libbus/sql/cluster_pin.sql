insert into cluster (topic, cluster_id, partitions)
select topic, $1::text, partitions
from unnest($2::text[], $3::integer[]) as c (topic, partitions)
on conflict do nothing
