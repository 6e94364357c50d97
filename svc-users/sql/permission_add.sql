insert into user_permission (user_id, permission)
select user_id, permission from unnest($1::uuid[], $2::text[]) as r (user_id, permission)
    on conflict do nothing
