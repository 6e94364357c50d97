delete from desk_withdrawal where withdrawal_id = any ($1::uuid[])
