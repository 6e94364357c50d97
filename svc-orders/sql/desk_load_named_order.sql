with named as (
	select o.account_id, o.order_id
	  from unnest($1::uuid[], $2::text[]) as asked (account_id, client_order_id)
	  join customer_order o using (account_id, client_order_id)
	 where client_order_id is not null
), wanted as (
	select account_id, order_id from named
	 union
	select b.account_id, b.order_id
	  from named
	  join customer_order_extra a using (account_id, order_id)
	  join customer_order_extra b on b.group_id = a.group_id
)
select o.*
  from wanted
  join customer_order_whole o on o.order_id = wanted.order_id
 where (o.account_id = wanted.account_id) is true
