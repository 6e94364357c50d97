insert into user_role (user_id, role)
select user_id, role from unnest($1::uuid[], $2::text[]) as r (user_id, role)
    on conflict do nothing
