import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads topics from their beginnings, what is committed alone, and prints each record as `topic-partition offset value`. */
public class Reader {
  public static void main(String[] args) {
    Lifeline.hold();
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("request.timeout.ms", args[1]);
    settings.put("default.api.timeout.ms", "20000");
    settings.put("fetch.max.wait.ms", "200");
    settings.put("reconnect.backoff.max.ms", "200");
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "earliest");
    settings.put("key.deserializer", StringDeserializer.class.getName());
    settings.put("value.deserializer", StringDeserializer.class.getName());
    KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings);
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 2; i < args.length; i++)
      for (PartitionInfo each : consumer.partitionsFor(args[i])) partitions.add(new TopicPartition(args[i], each.partition()));
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    System.out.println("session");
    for (;;) {
      StringBuilder lines = new StringBuilder();
      for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500)))
        lines.append(record.topic()).append('-').append(record.partition()).append(' ').append(record.offset())
            .append(' ').append(record.value()).append('\n');
      System.out.print(lines);
      System.out.flush();
    }
  }
}
