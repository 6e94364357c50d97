select account_id, symbol, sum(quantity_micros), sum(cost_micros) from portfolio_lot
group by account_id, symbol
