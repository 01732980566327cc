"""What kafka-python's admin client is answered: `BOOTSTRAP PREFIX`. Prints a line for each question, without ids, addresses and times."""

import sys
import time

from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata, TopicPartition


# What names of this run begin with.
name_of = [""]


def say(what, ask):
    try:
        answer = ask()
    except KafkaError as error:
        answer = type(error).__name__
    except Exception as error:  # What the client makes of an answer that it does not expect.
        answer = "%s: %s" % (type(error).__name__, error)
    print(("%s: %s" % (what, answer)).replace(name_of[0], "NAME"), flush=True)


def until(done):
    for _ in range(300):
        found = done()
        if found:
            return found
        time.sleep(0.1)
    return None


def own(by_broker, prefix):
    """What is this run's: others may have used the broker before."""
    return {broker: [each for each in listed if prefix in str(each)] for broker, listed in by_broker.items()}


def main(bootstrap, prefix):
    name_of[0] = prefix
    topic, group = prefix + "-a", prefix + "-group"
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)

    def codes(answer):
        """Error codes of an answer, in whatever depth."""
        if hasattr(answer, "to_dict"):
            answer = answer.to_dict()
        if isinstance(answer, dict):
            own = [answer["error_code"]] if "error_code" in answer else []
            return own + [code for value in answer.values() for code in codes(value)]
        if isinstance(answer, (list, tuple)):
            return [code for each in answer for code in codes(each)]
        return []

    def value(name):
        def search(answer):
            if isinstance(answer, dict):
                if name in answer:
                    entry = answer[name]
                    return entry.get("value") if isinstance(entry, dict) else entry
                if answer.get("name") == name and "value" in answer:
                    return answer["value"]
                answer = list(answer.values())
            if isinstance(answer, (list, tuple)):
                for each in answer:
                    found = search(each)
                    if found is not None:
                        return found
            return None

        answer = admin.describe_configs([resource])
        return search(answer.to_dict() if hasattr(answer, "to_dict") else answer)

    new = NewTopic(name=topic, num_partitions=3, replication_factor=1, topic_configs={"retention.ms": "86400000"})
    say("create a topic", lambda: codes(admin.create_topics([new])))
    say("create it again", lambda: codes(admin.create_topics([new])))
    say("validate a bad one", lambda: codes(admin.create_topics([NewTopic(name="..", num_partitions=1, replication_factor=1)], validate_only=True)))
    say("listed", lambda: until(lambda: topic in admin.list_topics()))
    say("add partitions", lambda: codes(admin.create_partitions({topic: NewPartitions(4)})))
    say("take partitions away", lambda: codes(admin.create_partitions({topic: NewPartitions(2)})))
    sizes = lambda: [len(each["partitions"]) for each in admin.describe_topics([topic])]
    say("partitions", lambda: until(lambda: sizes() == [4] and sizes()))
    say("retention.ms", lambda: value("retention.ms"))
    change = lambda name, text: ConfigResource(ConfigResourceType.TOPIC, topic, configs={name: text})
    say("alter", lambda: admin.alter_configs([change("segment.ms", "7777777")]))
    say("segment.ms", lambda: until(lambda: value("segment.ms") == "7777777" and value("segment.ms")))
    nonsense = lambda: admin.alter_configs([change("segment.ms", "soon")])
    say("alter to nonsense", lambda: str(nonsense()).split(": segment")[0].split(": Invalid value")[0].replace('"', "'"))
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for partition in (0, 0, 1):
        producer.send(topic, b"x", partition=partition).get(timeout=30)
    producer.close()
    one = TopicPartition(topic, 0)
    say("delete records", lambda: [each["low_watermark"] for each in admin.delete_records({one: 1}).values()])
    say("commit from outside", lambda: admin.alter_group_offsets(group, {one: OffsetAndMetadata(1, "m", -1)}))
    say("committed", lambda: admin.list_group_offsets(group))
    say("groups", lambda: any(group in str(each) for each in admin.list_groups()))
    say("delete offsets", lambda: admin.delete_group_offsets(group, [one]))
    say("delete a group", lambda: admin.delete_groups([group]))
    say("delete it again", lambda: admin.delete_groups([group]))
    say("cluster", lambda: len(admin.describe_cluster()["brokers"]))
    say("log directories", lambda: sorted(set(codes(admin.describe_log_dirs()))))
    say("reassignments", lambda: admin.list_partition_reassignments())
    say("transactions", lambda: own(admin.list_transactions(), prefix))
    say("users", lambda: admin.describe_user_scram_credentials([prefix]))
    say("delete a topic", lambda: codes(admin.delete_topics([topic])))
    say("delete it again", lambda: codes(admin.delete_topics([topic])))
    admin.close()


main(sys.argv[1], sys.argv[2])
