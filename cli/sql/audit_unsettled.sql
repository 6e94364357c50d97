select account_id, settlement_date, amount_micros from unsettled_cash
