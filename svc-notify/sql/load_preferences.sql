select account_id, category, channel, enabled
from preference
where account_id = any ($1::uuid[])
