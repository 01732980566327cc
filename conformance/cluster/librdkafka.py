"""librdkafka while brokers die: `BOOTSTRAP TOPIC EVERY_MS LOOK_AGAIN_MS`.

Produces numbers until its standard input ends, and reads the topic meanwhile. Prints `+ N` for each that was acknowledged, `- N WHY` for each that
was not, `= N` for each that was read, and `end` once the last was answered; then it goes on reading.
"""

import sys
import threading
import time

from confluent_kafka import Consumer, Producer

bootstrap, topic, every_ms, look_again_ms = sys.argv[1:]
lock = threading.Lock()
over = threading.Event()


def say(line):
    with lock:
        print(line, flush=True)


def wait_for_end():
    sys.stdin.read()
    over.set()


def delivered(error, message):
    number = message.key().decode()
    say(f"+ {number}" if error is None else f"- {number} {error}")


def produce():
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "linger.ms": 5,
            "retry.backoff.ms": 50,
            "retry.backoff.max.ms": int(look_again_ms),
            "reconnect.backoff.max.ms": int(look_again_ms),
            "message.timeout.ms": 120000,
        }
    )
    number = 0
    while not over.is_set():
        producer.produce(topic, b"%d" % number, key=b"%d" % number, on_delivery=delivered)
        number += 1
        producer.poll(0)
        time.sleep(int(every_ms) / 1000)
    producer.flush(60)
    say("end")


threading.Thread(target=wait_for_end, daemon=True).start()
threading.Thread(target=produce, daemon=True).start()
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"{topic}-readers", "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
while True:
    message = consumer.poll(0.5)
    if message is not None and not message.error():
        say(f"= {message.value().decode()}")
