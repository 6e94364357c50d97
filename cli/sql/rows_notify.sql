select 'deliveries', count(*) from delivery
