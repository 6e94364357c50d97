select processor, partition, epoch, sequence, published from lease order by processor, partition
