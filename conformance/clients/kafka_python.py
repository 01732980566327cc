"""kafka-python under test: `produce BOOTSTRAP TOPIC CODEC FROM COUNT` or `consume BOOTSTRAP TOPIC GROUP`.

A consumer prints each value on standard output, and on standard error `assigned N` whenever it is given N partitions.
"""

import sys

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer


class Report(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        print("assigned", len(assigned), file=sys.stderr, flush=True)


def produce(bootstrap, topic, codec, first, count):
    producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type=None if codec == "none" else codec, acks="all", linger_ms=5)
    sent = [producer.send(topic, b"%d" % n, key=b"%d" % n) for n in range(int(first), int(first) + int(count))]
    for one in sent:
        one.get(timeout=30)
    producer.close()


def consume(bootstrap, topic, group):
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        auto_commit_interval_ms=200,
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
        max_poll_records=100,
    )
    consumer.subscribe([topic], listener=Report())
    for record in consumer:
        print(record.value.decode(), flush=True)


{"produce": produce, "consume": consume}[sys.argv[1]](*sys.argv[2:])
