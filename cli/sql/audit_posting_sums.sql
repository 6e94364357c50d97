select account_id, instrument, sum(amount_micros) from ledger_entry where kind in (1, 2, 6)
group by account_id, instrument
