delete from portfolio_lot l
using unnest($1::uuid[], $2::text[], $3::bigint[]) as g (account_id, symbol, below)
where l.account_id = g.account_id and l.symbol = g.symbol and l.lot < g.below
