"""librdkafka as a consumer that tells its rack: `BOOTSTRAP TOPIC RACK COUNT`.

Reads so many records from the beginning, and prints how many bytes it was sent by each broker, as JSON by their ids.
"""

import json
import os
import sys
import time

from confluent_kafka import Consumer

bootstrap, topic, rack, count = sys.argv[1:]
received = {}


def told(text):
    for broker in json.loads(text)["brokers"].values():
        if broker["nodeid"] >= 0:
            received[broker["nodeid"]] = broker["rxbytes"]


consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": f"{topic}-{rack}-{os.getpid()}",
        "auto.offset.reset": "earliest",
        "client.rack": rack,
        "statistics.interval.ms": 200,
        "fetch.message.max.bytes": 20000,
        "queued.max.messages.kbytes": 20,
        "stats_cb": told,
    }
)
consumer.subscribe([topic])
seen = 0
while seen < int(count):
    message = consumer.poll(0.5)
    if message is not None and not message.error():
        seen += 1
# The figures come a moment later.
end = time.monotonic() + 0.5
while time.monotonic() < end:
    consumer.poll(0.1)
consumer.close()
print(json.dumps(received))
