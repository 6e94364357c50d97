select epoch, batch, sequence, published, journal_offset, journal_epoch, clock, coalesce(stopped, '') as stopped,
	position_topic, position_next, position_hash,
	high_topic, high_source, high_epoch, high_sequence,
	output_topic, output_partition, output_sequence
from lease
where processor = $1::text and version = $2::integer and partition = $3::integer
