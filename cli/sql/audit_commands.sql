select processor, count(*) from command group by processor
