select count(*) from ledger_entry
