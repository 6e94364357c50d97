delete from user_role t
 using unnest($1::uuid[], $2::text[]) as r (user_id, role)
 where t.user_id = r.user_id and t.role = r.role
