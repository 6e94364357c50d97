select partition, sequence, fact, instrument, sum(amount_micros) from ledger_entry
group by partition, sequence, fact, instrument having sum(amount_micros) <> 0 limit 5
