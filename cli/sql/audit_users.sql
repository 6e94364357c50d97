select user_id, email from app_user
