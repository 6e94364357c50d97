select l.processor, l.version, l.partition, l.owner, l.epoch, l.sequence - l.published as unpublished,
	l.stopped, p.topic, p.next_offset
from lease l
left join lease_position p using (processor, version, partition)
order by l.processor, l.version, l.partition, p.topic
