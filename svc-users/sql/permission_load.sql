select user_id, permission
  from user_permission
 where user_id = any ($1::uuid[])
 order by user_id, permission
