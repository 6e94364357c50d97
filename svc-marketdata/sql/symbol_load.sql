-- The symbols of $1 with their quote and latest bar. Columns in the order in which store.c reads them.
select i.symbol, i.name, i.price_increment_micros, i.price_increment_below_one_micros,
       i.quantity_increment_micros, i.min_notional_micros, i.band_fraction_micros, i.fractionable,
       i.reference_price_micros, i.band_low_micros, i.band_high_micros, i.session, i.session_date,
       i.closes_at_micros, i.halted, i.halt_reason,
       q.bid_price_micros, q.bid_quantity_micros, q.ask_price_micros, q.ask_quantity_micros,
       q.last_price_micros, q.last_quantity_micros, q.last_at_micros, q.quoted_at_micros,
       i.opening_held
  from instrument i
  left join quote q using (symbol)
 where i.symbol = any ($1::text[])
