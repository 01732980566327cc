"""A transactional producer of confluent-kafka that does what each line of its input says; ../transactions/puppet.ts says which there are."""

import sys

from confluent_kafka import KafkaException, Producer

bootstrap, request_timeout_ms = sys.argv[1:3]
producer = None


def init(transactional_id, timeout_ms):
    global producer
    settings = {
        "transactional.id": transactional_id,
        "transaction.timeout.ms": int(timeout_ms),
        "socket.timeout.ms": min(int(request_timeout_ms), int(timeout_ms) - 100),
    }
    if transactional_id == "-":
        settings = {}
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            **settings,
            "enable.idempotence": True,
            "linger.ms": 0,
            "log_level": 0,
        }
    )
    if settings:
        producer.init_transactions(20)


def send(topic, *records):
    failures = []

    def delivered(error, _message):
        if error is not None:
            failures.append(error)

    for each in records:
        at, value = each.split("=", 1)
        index, _, key = at.partition("/")
        producer.produce(topic, value, key=key or None, partition=int(index), on_delivery=delivered)
    left = producer.flush(20)
    if left or failures:
        raise KafkaException(failures[0] if failures else f"{left} were not delivered")


verbs = {
    "init": init,
    "begin": lambda: producer.begin_transaction(),
    "send": send,
    "commit": lambda: producer.commit_transaction(20),
    "abort": lambda: producer.abort_transaction(20),
}
for line in sys.stdin:
    verb, *words = line.split()
    try:
        verbs[verb](*words)
        answer = "ok"
    except Exception as error:
        answer = f"error {error.__cause__ or error}".replace("\n", " ")
    print(answer, flush=True)
