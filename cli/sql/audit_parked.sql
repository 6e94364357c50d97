select topic, partition, record_offset, cause, key from parked_input order by appended_at
