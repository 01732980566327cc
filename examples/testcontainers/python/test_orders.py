"""Testcontainers for Python, with the image in the place of Confluent's: python -m unittest"""

import os
import unittest

from kafka import KafkaConsumer, KafkaProducer
from testcontainers.kafka import KafkaContainer

IMAGE = os.environ.get("OTTLA_IMAGE", "ottla:8.4.0")


class Orders(unittest.TestCase):
    def order_arrives(self, container):
        with container as kafka:
            bootstrap = kafka.get_bootstrap_server()
            producer = KafkaProducer(bootstrap_servers=bootstrap)
            producer.send("orders", b"one coffee").get(timeout=10)
            producer.close()
            consumer = KafkaConsumer(
                "orders",
                bootstrap_servers=bootstrap,
                group_id="waiters",
                auto_offset_reset="earliest",
                consumer_timeout_ms=20_000,
            )
            self.assertEqual(next(iter(consumer)).value, b"one coffee")
            consumer.close()

    def test_without_zookeeper(self):
        self.order_arrives(KafkaContainer(IMAGE).with_kraft())

    def test_with_zookeeper(self):
        self.order_arrives(KafkaContainer(IMAGE))


if __name__ == "__main__":
    unittest.main()
