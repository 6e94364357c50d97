select account_id, cash_micros, deposits_micros, withdrawals_micros, cost_in_micros, cost_out_micros,
       realised_micros
from portfolio_account
where account_id = any ($1::uuid[])
