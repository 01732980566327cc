import java.time.Duration;
import java.util.Collection;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A member of a group on Kafka's own client: see member.ts for its arguments and what it prints. */
public class GroupMember {
  public static void main(String[] args) throws Exception {
    Lifeline.hold();
    String protocol = args[2];
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("group.id", args[1]);
    settings.put("group.protocol", protocol);
    if (!args[4].isEmpty()) settings.put("group.instance.id", args[4]);
    if (protocol.equals("classic")) {
      settings.put("session.timeout.ms", "30000");
      settings.put("heartbeat.interval.ms", "500");
      settings.put(
          "partition.assignment.strategy",
          "org.apache.kafka.clients.consumer.CooperativeStickyAssignor,org.apache.kafka.clients.consumer.RangeAssignor");
    }
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "earliest");
    settings.put("fetch.max.wait.ms", "200");
    settings.put("metadata.max.age.ms", "1000");
    settings.put("key.deserializer", StringDeserializer.class.getName());
    settings.put("value.deserializer", StringDeserializer.class.getName());
    KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings);
    Thread main = Thread.currentThread();
    AtomicBoolean leaves = new AtomicBoolean();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      leaves.set(true);
      consumer.wakeup();
      try {
        main.join(20_000);
      } catch (InterruptedException error) {
        // It ends all the same.
      }
    }));
    ConsumerRebalanceListener listener = new ConsumerRebalanceListener() {
      public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        tell('+', partitions);
      }

      public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        tell('-', partitions);
      }
    };
    if (args[3].startsWith("^")) consumer.subscribe(new SubscriptionPattern(args[3].substring(1)), listener);
    else consumer.subscribe(java.util.List.of(args[3]), listener);
    while (!leaves.get()) {
      try {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
        StringBuilder lines = new StringBuilder();
        for (ConsumerRecord<String, String> record : records)
          lines.append(micros()).append(" r ").append(record.topic()).append(' ').append(record.partition()).append(' ')
              .append(record.value()).append('\n');
        System.out.print(lines);
        System.out.flush();
        if (!records.isEmpty()) consumer.commitSync();
      } catch (WakeupException error) {
        // It is to leave.
      } catch (KafkaException error) {
        // Its partitions may be another's by now, who reads them again.
        System.err.println(error);
      }
    }
    consumer.close();
  }

  private static void tell(char what, Collection<TopicPartition> partitions) {
    for (TopicPartition each : partitions)
      System.out.println(micros() + " " + what + " " + each.topic() + " " + each.partition());
    System.out.flush();
  }

  private static long micros() {
    java.time.Instant now = java.time.Instant.now();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
  }
}
