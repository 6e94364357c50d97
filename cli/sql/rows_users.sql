select 'users', count(*) from app_user union all select 'accounts', count(*) from account
