"""A member of a group on confluent-kafka: see ../groups/member.ts for its arguments and what it prints."""

import signal
import sys
import time

from confluent_kafka import Consumer, KafkaException

bootstrap, group, protocol, subscription, instance = sys.argv[1:6]
timeouts = {"session.timeout.ms": 30000, "heartbeat.interval.ms": 500, "partition.assignment.strategy": "cooperative-sticky"}
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "group.protocol": protocol,
        "topic.metadata.refresh.interval.ms": 1000,
        **({"group.instance.id": instance} if instance else {}),
        # In the new protocol the broker sets them.
        **(timeouts if protocol == "classic" else {}),
    }
)
leaves = False


def leave(_signal, _frame):
    global leaves
    leaves = True


def tell(what, partitions):
    lines = [f"{time.time_ns() // 1000} {what} {p.topic} {p.partition}\n" for p in partitions]
    sys.stdout.write("".join(lines))
    sys.stdout.flush()


signal.signal(signal.SIGTERM, leave)
consumer.subscribe(
    [subscription],
    on_assign=lambda _, partitions: tell("+", partitions),
    on_revoke=lambda _, partitions: tell("-", partitions),
    on_lost=lambda _, partitions: tell("-", partitions),
)
uncommitted = 0
while not leaves:
    # One by one: of several, some may be of a partition that is given up in the same call.
    message = consumer.poll(0.2)
    if message is not None and message.error():
        print(message.error(), file=sys.stderr, flush=True)
        continue
    if message is not None:
        print(f"{time.time_ns() // 1000} r {message.topic()} {message.partition()} {message.value().decode()}", flush=True)
        uncommitted += 1
    if uncommitted > 0 and (message is None or uncommitted >= 50):
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as error:
            # Its partitions may be another's by now, who reads them again.
            print(error, file=sys.stderr, flush=True)
        uncommitted = 0
consumer.close()
