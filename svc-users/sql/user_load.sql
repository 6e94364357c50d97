select user_id from app_user where user_id = any ($1::uuid[])
