insert into preference (account_id, category, channel, enabled)
select * from unnest($1::uuid[], $2::integer[], $3::integer[], $4::boolean[])
on conflict (account_id, category, channel) do update
set enabled = excluded.enabled
