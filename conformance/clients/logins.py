"""Logs in by SASL, and writes and reads one record: BOOTSTRAP MECHANISM USER PASSWORD."""
import sys

from confluent_kafka import Consumer, Producer

bootstrap, mechanism, user, password = sys.argv[1:]
errors = []
delivered = []


def failed(error):
    errors.append(str(error))


def done(error, message):
    delivered.append(str(error) if error else "delivered")


login = {
    "bootstrap.servers": bootstrap,
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanisms": mechanism,
    "sasl.username": user,
    "sasl.password": password,
    "error_cb": failed,
    "log_level": 0,
}


def write():
    producer = Producer({**login, "message.timeout.ms": 5000})
    producer.produce("logins", b"hello", on_delivery=done)
    while not delivered:
        producer.poll(0.1)


def read():
    consumer = Consumer({**login, "group.id": "logins-" + mechanism, "auto.offset.reset": "earliest"})
    consumer.subscribe(["logins"])
    message = consumer.poll(20)
    consumer.close()
    return message.value().decode() if message is not None else "nothing"


write()
print(read() if delivered == ["delivered"] else "refused: " + (errors + delivered)[0])
