select email from app_user where email = any ($1::text[])
