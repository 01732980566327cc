"""aiokafka under test: `produce BOOTSTRAP TOPIC CODEC FROM COUNT` or `consume BOOTSTRAP TOPIC GROUP`.

A consumer prints each value on standard output, and on standard error `assigned N` whenever it is given N partitions.
"""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import ConsumerRebalanceListener


class Report(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        print("assigned", len(assigned), file=sys.stderr, flush=True)


async def produce(bootstrap, topic, codec, first, count):
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, compression_type=None if codec == "none" else codec, enable_idempotence=True, linger_ms=5
    )
    await producer.start()
    try:
        numbers = range(int(first), int(first) + int(count))
        sent = [await producer.send(topic, b"%d" % n, key=b"%d" % n) for n in numbers]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def consume(bootstrap, topic, group):
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        auto_commit_interval_ms=200,
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
    )
    consumer.subscribe([topic], listener=Report())
    await consumer.start()
    try:
        async for record in consumer:
            print(record.value.decode(), flush=True)
    finally:
        await consumer.stop()


asyncio.run({"produce": produce, "consume": consume}[sys.argv[1]](*sys.argv[2:]))
