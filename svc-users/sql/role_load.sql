select user_id, role from user_role where user_id = any ($1::uuid[]) order by user_id, role
