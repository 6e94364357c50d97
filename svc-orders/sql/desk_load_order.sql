-- Only of the account that names it: another account's order stays unknown here. With each come the open orders
-- of its group.
with asked as (
	select * from unnest($1::uuid[], $2::uuid[]) as asked (account_id, order_id)
), wanted as (
	select account_id, order_id from asked
	 union
	select b.account_id, b.order_id
	  from asked
	  join customer_order_extra a using (account_id, order_id)
	  join customer_order_extra b on b.group_id = a.group_id
)
select o.*
  from wanted
  join customer_order_whole o on o.order_id = wanted.order_id
 -- Not a clause that an index takes: by account it would read all orders that the account ever had.
 where (o.account_id = wanted.account_id) is true
