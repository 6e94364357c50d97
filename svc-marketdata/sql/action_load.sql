select symbol, action_id, kind, effective_at_micros, new_shares, old_shares, cash_price_micros,
       amount_micros, new_symbol, number
  from corporate_action
 where symbol = any ($1::text[])
