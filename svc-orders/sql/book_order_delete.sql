delete from resting_order where order_id = any($1::uuid[])
