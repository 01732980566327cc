"""confluent-kafka under test: `produce BOOTSTRAP TOPIC CODEC FROM COUNT` or `consume BOOTSTRAP TOPIC GROUP [PROTOCOL]`.

A consumer prints each value on standard output, and on standard error `assigned N` whenever it is given N partitions.
"""

import sys

from confluent_kafka import Consumer, Producer


def produce(bootstrap, topic, codec, first, count):
    producer = Producer({"bootstrap.servers": bootstrap, "compression.type": codec, "enable.idempotence": True, "linger.ms": 5})
    failures = []

    def delivered(error, _message):
        if error is not None:
            failures.append(error)

    for n in range(int(first), int(first) + int(count)):
        producer.produce(topic, b"%d" % n, key=b"%d" % n, on_delivery=delivered)
        producer.poll(0)
    left = producer.flush(30)
    if left or failures:
        sys.exit(f"{left} not delivered, {len(failures)} failed: {failures[:1]}")


def consume(bootstrap, topic, group, protocol="classic"):
    timeouts = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "auto.commit.interval.ms": 200,
            # Stored by hand, once it was printed, so that a kill cannot come between.
            "enable.auto.offset.store": False,
            "group.protocol": protocol,
            # In the new protocol the broker sets them.
            **(timeouts if protocol == "classic" else {}),
        }
    )
    owned = set()

    def told():
        print("assigned", len(owned), file=sys.stderr, flush=True)

    # In the classic protocol each assignment is the whole one, after all that there was is revoked.
    def assigned(_, partitions):
        owned.update((p.topic, p.partition) for p in partitions)
        told()

    def revoked(_, partitions):
        owned.difference_update((p.topic, p.partition) for p in partitions)
        told()

    consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked, on_lost=revoked)
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            print(message.error(), file=sys.stderr, flush=True)
            continue
        print(message.value().decode(), flush=True)
        consumer.store_offsets(message)


{"produce": produce, "consume": consume}[sys.argv[1]](*sys.argv[2:])
