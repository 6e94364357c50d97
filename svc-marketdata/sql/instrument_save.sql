insert into instrument (symbol, name, price_increment_micros, price_increment_below_one_micros,
                        quantity_increment_micros, min_notional_micros, band_fraction_micros,
                        fractionable, reference_price_micros, band_low_micros, band_high_micros,
                        session, session_date, closes_at_micros, halted, halt_reason, opening_held)
select symbol, name, price_increment_micros, price_increment_below_one_micros,
       quantity_increment_micros, min_notional_micros, band_fraction_micros,
       fractionable, reference_price_micros, band_low_micros, band_high_micros,
       session, session_date, closes_at_micros, halted, halt_reason, opening_held
  from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
              $7::bigint[], $8::boolean[], $9::bigint[], $10::bigint[], $11::bigint[],
              $12::integer[], $13::integer[], $14::bigint[], $15::boolean[], $16::text[],
              $17::boolean[])
       as r (symbol, name, price_increment_micros, price_increment_below_one_micros,
             quantity_increment_micros, min_notional_micros, band_fraction_micros,
             fractionable, reference_price_micros, band_low_micros, band_high_micros,
             session, session_date, closes_at_micros, halted, halt_reason, opening_held)
    on conflict (symbol) do update
   set name = excluded.name,
       price_increment_micros = excluded.price_increment_micros,
       price_increment_below_one_micros = excluded.price_increment_below_one_micros,
       quantity_increment_micros = excluded.quantity_increment_micros,
       min_notional_micros = excluded.min_notional_micros,
       band_fraction_micros = excluded.band_fraction_micros,
       fractionable = excluded.fractionable,
       reference_price_micros = excluded.reference_price_micros,
       band_low_micros = excluded.band_low_micros,
       band_high_micros = excluded.band_high_micros,
       session = excluded.session,
       session_date = excluded.session_date,
       closes_at_micros = excluded.closes_at_micros,
       halted = excluded.halted,
       halt_reason = excluded.halt_reason,
       opening_held = excluded.opening_held
