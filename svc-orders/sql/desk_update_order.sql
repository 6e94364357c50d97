update customer_order o
   set status = n.status,
       quantity_micros = n.quantity_micros,
       cum_micros = n.cum_micros,
       leaves_micros = n.leaves_micros,
       cum_notional_micros = n.cum_notional_micros,
       hold_micros = n.hold_micros,
       fee_hold_micros = n.fee_hold_micros,
       updated_at_micros = n.updated_at_micros
  from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
              $7::bigint[], $8::bigint[], $9::bigint[])
       as n (order_id, status, quantity_micros, cum_micros, leaves_micros, cum_notional_micros,
             hold_micros, fee_hold_micros, updated_at_micros)
 where o.order_id = n.order_id
