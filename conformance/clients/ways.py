"""Python clients by ways into a broker, one for each line of the input: writes one record and reads it back.

ways.py CLIENT < lines of PROTOCOL, MECHANISM, BOOTSTRAP, USER, PASSWORD, AUTHORITY and TOPIC between tabs
"""
import asyncio
import logging
import ssl
import sys

client = sys.argv[1]
late_seconds = 5
logging.disable(logging.CRITICAL)


async def aiokafka(protocol, mechanism, bootstrap, user, password, authority, topic):
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    common = dict(bootstrap_servers=bootstrap, security_protocol=protocol)
    if protocol.endswith("SSL"):
        common.update(ssl_context=ssl.create_default_context(cafile=authority))
    if mechanism != "none":
        common.update(sasl_mechanism=mechanism, sasl_plain_username=user, sasl_plain_password=password)
    producer = AIOKafkaProducer(**common)
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"hello")
    finally:
        await producer.stop()
    consumer = AIOKafkaConsumer(topic, auto_offset_reset="earliest", **common)
    try:
        await consumer.start()
        return (await consumer.getone()).value
    finally:
        await consumer.stop()


def confluent(protocol, mechanism, bootstrap, user, password, authority, topic):
    from confluent_kafka import Consumer, Producer

    errors = []
    common = {
        "bootstrap.servers": bootstrap,
        "security.protocol": protocol,
        "log_level": 0,
        "error_cb": lambda error: errors.append(str(error)),
    }
    if protocol.endswith("SSL"):
        common["ssl.ca.location"] = authority
    if mechanism != "none":
        common.update({"sasl.mechanisms": mechanism, "sasl.username": user, "sasl.password": password})
    producer = Producer({**common, "message.timeout.ms": late_seconds * 1000})
    delivered = []
    producer.produce(topic, b"hello", on_delivery=lambda error, message: delivered.append(error))
    while not delivered and not any("uthentication failed" in error or "handshake failed" in error for error in errors):
        producer.poll(0.05)
    if delivered != [None]:
        producer.purge()
        raise RuntimeError((errors or ["not delivered"])[-1])
    consumer = Consumer({**common, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    message = consumer.poll(20)
    consumer.close()
    return message.value() if message is not None and not message.error() else b"nothing"


async def in_time(*way):
    return await asyncio.wait_for(aiokafka(*way), late_seconds * 2)


runs = {"aiokafka": lambda *way: asyncio.run(in_time(*way)), "confluent-kafka": confluent}
for line in sys.stdin:
    try:
        answer = runs[client](*line.rstrip("\n").split("\t")).decode()
    except Exception as error:
        answer = "refused: " + (str(error) or type(error).__name__).replace("\n", " ")
    print(answer, flush=True)
