select account_id, cash_micros, settled_micros, deposits_micros, withdrawals_micros, trades_micros,
       dividends_micros, other_micros, cost_in_micros, cost_out_micros, fifo_cost_out_micros,
       realised_micros, fifo_realised_micros, movements, firm, margin_called, day_ends_at_micros,
       margin_check_at_micros, actions_check_at_micros
from portfolio_account
where account_id = any ($1::uuid[])
