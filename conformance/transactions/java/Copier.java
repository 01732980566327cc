import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Consumes, transforms and produces, one transaction for each batch that it is given. Whatever it cannot do ends it, and another one goes
 * on from what was committed. Arguments: bootstrap, request time-out, session time-out, group, transactional id, input, output, partitions.
 */
public class Copier {
  public static void main(String[] args) {
    Lifeline.hold();
    String input = args[5];
    String output = args[6];
    int partitions = Integer.parseInt(args[7]);
    KafkaConsumer<String, String> consumer = new KafkaConsumer<>(consuming(args));
    KafkaProducer<String, String> producer = new KafkaProducer<>(producing(args));
    try {
      producer.initTransactions();
      consumer.subscribe(List.of(input));
      for (;;) {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(500));
        if (records.isEmpty()) continue;
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        producer.beginTransaction();
        for (ConsumerRecord<String, String> record : records) {
          offsets.put(new TopicPartition(input, record.partition()), new OffsetAndMetadata(record.offset() + 1));
          if (record.value().equals("end")) continue;
          long amount = 1 + record.offset() % 100;
          String source = record.partition() + "@" + record.offset();
          int to = (int) (record.offset() % partitions);
          producer.send(new ProducerRecord<>(output, to, null, source + "|" + -amount + "|" + record.value()));
          producer.send(new ProducerRecord<>(output, (to + 1) % partitions, null, source + "|" + amount + "|" + record.value()));
        }
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        producer.commitTransaction();
      }
    } catch (Exception error) {
      System.err.println(error);
      System.err.flush();
      Runtime.getRuntime().halt(3);
    }
  }

  private static Properties common(String[] args) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("request.timeout.ms", args[1]);
    settings.put("reconnect.backoff.max.ms", "200");
    return settings;
  }

  private static Properties consuming(String[] args) {
    Properties settings = common(args);
    settings.put("group.id", args[3]);
    settings.put("session.timeout.ms", args[2]);
    settings.put("heartbeat.interval.ms", "300");
    settings.put("max.poll.records", "50");
    settings.put("fetch.max.wait.ms", "200");
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "earliest");
    settings.put("key.deserializer", StringDeserializer.class.getName());
    settings.put("value.deserializer", StringDeserializer.class.getName());
    return settings;
  }

  private static Properties producing(String[] args) {
    Properties settings = common(args);
    settings.put("transactional.id", args[4]);
    settings.put("transaction.timeout.ms", "5000");
    settings.put("delivery.timeout.ms", "15000");
    settings.put("max.block.ms", "15000");
    settings.put("key.serializer", StringSerializer.class.getName());
    settings.put("value.serializer", StringSerializer.class.getName());
    return settings;
  }
}
