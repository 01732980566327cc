"""Python clients at a listener that asks for a certificate: writes one record and reads it back.

secured.py CLIENT BOOTSTRAP TOPIC AUTHORITY CERTIFICATE KEY
"""
import asyncio
import ssl
import sys

client, bootstrap, topic, authority, certificate, key = sys.argv[1:]
late_seconds = 4


def kafka_python():
    from kafka import KafkaConsumer, KafkaProducer

    common = dict(
        bootstrap_servers=bootstrap,
        security_protocol="SSL",
        ssl_cafile=authority,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        bootstrap_timeout_ms=late_seconds * 1000,
    )
    producer = KafkaProducer(max_block_ms=late_seconds * 1000, **common)
    try:
        producer.send(topic, b"hello").get(late_seconds)
    finally:
        producer.close(timeout=late_seconds)
    consumer = KafkaConsumer(topic, auto_offset_reset="earliest", consumer_timeout_ms=late_seconds * 1000, **common)
    return next(iter(consumer)).value


async def aiokafka():
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    common = dict(bootstrap_servers=bootstrap, security_protocol="SSL", ssl_context=context)
    producer = AIOKafkaProducer(**common)
    await producer.start()
    await producer.send_and_wait(topic, b"hello")
    await producer.stop()
    consumer = AIOKafkaConsumer(topic, auto_offset_reset="earliest", **common)
    await consumer.start()
    record = await consumer.getone()
    await consumer.stop()
    return record.value


def confluent():
    from confluent_kafka import Consumer, Producer

    common = {
        "bootstrap.servers": bootstrap,
        "security.protocol": "ssl",
        "ssl.ca.location": authority,
        "ssl.certificate.location": certificate,
        "ssl.key.location": key,
        "message.timeout.ms": late_seconds * 1000,
    }
    producer = Producer(common)
    producer.produce(topic, b"hello")
    if producer.flush(late_seconds + 2) != 0:
        raise TimeoutError("not delivered")
    del common["message.timeout.ms"]
    consumer = Consumer({**common, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    message = consumer.poll(late_seconds)
    consumer.close()
    if message is None or message.error():
        raise TimeoutError(f"not read: {message and message.error()}")
    return message.value()


async def in_time():
    return await asyncio.wait_for(aiokafka(), late_seconds)


runs = {"kafka-python": kafka_python, "aiokafka": lambda: asyncio.run(in_time()), "confluent-kafka": confluent}
assert runs[client]() == b"hello"
