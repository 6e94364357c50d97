delete from user_permission t
 using unnest($1::uuid[], $2::text[]) as r (user_id, permission)
 where t.user_id = r.user_id and t.permission = r.permission
