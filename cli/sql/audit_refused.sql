select topic, partition, record_offset from refused_input
