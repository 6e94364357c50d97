select account_id, cash_micros, settled_micros, deposits_micros, withdrawals_micros, trades_micros,
       dividends_micros, other_micros, cost_in_micros, cost_out_micros, fifo_cost_out_micros,
       realised_micros, fifo_realised_micros, equity_micros, growth_picos, movements, sequence,
       close_date, fact
from portfolio_close
where account_id = any ($1::uuid[])
