"""What every client of the topics needs: commands with their headers, the reader's rule, derived ids.

The rules are those of docs/topics.md. Nothing here knows of orders or money.
"""
import hashlib
import time
import uuid

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

OPENING = "bourse.bus.v1.Opening"


class BusError(Exception):
    """A command that did not arrive, a record that should not be there, or an answer that did not come."""


def derived_id(processor, key, ce_id):
    """The id of what a command makes: derived_id("desk", account_id, ce_id) is its order's."""
    b = bytearray(hashlib.sha256(f"{processor}\0{key}\0{ce_id}\0".encode()).digest()[:16])
    b[6], b[8] = b[6] & 0x0F | 0x80, b[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(b)))


class Reader:
    """The reader's rule for one topic, from now on: feed it every record; it yields those to take, in order.

    The first record of each source is its mark; what was before it cannot be known.
    """

    def __init__(self, processor):  # "/svc-orders/desk"
        self.processor = processor
        self.marks = {}  # (source, partition) -> [epoch, sequence]; sequence None: an opening was first
        self.waiting = {}  # (source, partition) -> {(epoch, sequence): record}

    def feed(self, record):
        # The first of a repeated header counts.
        headers = {k: v.decode() for k, v in reversed(record.headers() or []) if v}
        source = headers.get("ce_source", "")
        opening = headers.get("ce_type") == OPENING
        numbers = [headers.get(name, "") for name in ("ce_epoch", "ce_sequence")]
        epoch, sequence = (int(n) if n.isascii() and n.isdigit() else 0 for n in numbers)
        if source.rpartition("/")[0] != self.processor or not epoch or not (opening or sequence):
            raise BusError(f"{record.topic()} {record.partition()}@{record.offset()} is not from {self.processor}")
        place = source, record.partition()
        mark = self.marks.setdefault(place, [epoch, None])
        waiting = self.waiting.setdefault(place, {})
        if opening:
            mark[0] = max(mark[0], epoch)
        elif mark[1] is None and epoch == mark[0]:
            mark[1] = sequence
            yield record
        elif epoch > mark[0] or (epoch == mark[0] and sequence > (mark[1] or 0)):
            waiting.setdefault((epoch, sequence), record)
        while mark[1] is not None and (mark[0], mark[1] + 1) in waiting:
            mark[1] += 1  # the next one, and what had waited for it
            yield waiting.pop((mark[0], mark[1]))
        for old in [w for w in waiting if w[0] < mark[0] or w <= (mark[0], mark[1] or 0)]:
            del waiting[old]  # void now: it comes again under the new epoch

    def missing(self):
        """What is being waited for: [(source, partition, expected sequence)]."""
        return [(*place, (self.marks[place][1] or 0) + 1) for place, w in self.waiting.items() if w]


class Journal:
    """One journal from now on, as (key, StepMeta, name of the fact, fact)."""

    def __init__(self, bootstrap, topic, processor, message, patience):
        self.topic = topic
        self.message = message  # the class of its steps
        self.patience = patience  # seconds
        self.reader = Reader(processor)
        self.facts = []  # of the steps that were taken and not looked at yet
        self.consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False,
            "auto.offset.reset": "error", "socket.nagle.disable": True})
        known = self.consumer.list_topics(topic, timeout=patience).topics[topic]
        if known.error:
            raise KafkaException(known.error)
        places = []
        for p in known.partitions:  # fixed here, so that a command sent from now on is answered behind it
            _, end = self.consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=patience)
            places.append(TopicPartition(topic, p, end))
        self.consumer.assign(places)

    def next(self, wanted, what, seconds=None):
        """The next (meta, name, fact) for which wanted(key, meta, name, fact) holds; None after `seconds`.

        Without `seconds` it must come within the journal's patience. What is not wanted is passed over.
        """
        end = time.monotonic() + (self.patience if seconds is None else seconds)
        while True:
            while self.facts:
                key, meta, name, fact = self.facts.pop(0)
                if wanted(key, meta, name, fact):
                    return meta, name, fact
            left = end - time.monotonic()
            if left <= 0:
                break
            record = self.consumer.poll(min(left, 0.5))
            if record is None:
                continue
            if record.error():
                raise KafkaException(record.error())
            for taken in self.reader.feed(record):
                step = self.message.FromString(taken.value())
                for event in step.events:
                    name = event.WhichOneof("event")
                    if name:  # None: a fact of a later version
                        self.facts.append((taken.key().decode(), step.meta, name, getattr(event, name)))
        if seconds is not None:
            return None
        gaps = [f"{source} partition {p} sequence {n}" for source, p, n in self.reader.missing()]
        raise BusError(f"{self.topic} said nothing of {what} within {self.patience} s"
                       + (f"; it waits for {', '.join(gaps)}" if gaps else ""))

    def answer(self, command):
        """What came of a command: (name, fact), the first fact of the step that it caused."""
        def is_it(key, meta, _name, _fact):
            return (key, meta.cause.topic, meta.cause.id) == (command.key, command.topic, command.id)
        _, name, fact = self.next(is_it, f"the command {command.id}")
        return name, fact


class Command:
    """What was sent. Sending it again under the same id has no second effect."""

    def __init__(self, topic, key, message, ce_id=None):
        self.topic, self.key, self.message = topic, key, message
        self.id = ce_id or str(uuid.uuid4())


class Sender:
    def __init__(self, bootstrap, patience):
        self.patience = patience
        self.producer = Producer({
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",  # the default would put it where nobody looks for it
            "enable.idempotence": True, "acks": "all", "socket.nagle.disable": True})

    def send(self, command):
        """Returns once the broker has it on disk."""
        errors = []
        self.producer.produce(
            command.topic, key=command.key, value=command.message.SerializeToString(),
            headers={"ce_specversion": "1.0", "ce_id": command.id,
                     "ce_type": command.message.DESCRIPTOR.full_name,
                     "content-type": "application/protobuf"},
            on_delivery=lambda error, _: error and errors.append(error))
        if self.producer.flush(self.patience) or errors:
            raise BusError(f"not sent to {command.topic}: {errors or 'no broker answers'}")
        return command
