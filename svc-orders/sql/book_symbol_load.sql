select symbol, trading, session_date, last_priority, taker_id, taker_leaves_micros
from book_symbol
where symbol = any($1::text[])
