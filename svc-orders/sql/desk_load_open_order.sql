select o.*
  from customer_order_whole o
 where o.account_id = any ($1::uuid[])
   and o.leaves_micros > 0
