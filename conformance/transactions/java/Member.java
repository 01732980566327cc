import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A member of a group: `Member BOOTSTRAP TOPIC GROUP` reads from the beginning, prints each value, and commits on its own. */
public class Member {
  public static void main(String[] args) {
    Lifeline.hold();
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("group.id", args[2]);
    // Whoever joins as somebody new waits so long for who it was before.
    settings.put("session.timeout.ms", "6000");
    settings.put("heartbeat.interval.ms", "500");
    settings.put("auto.commit.interval.ms", "200");
    settings.put("request.timeout.ms", "5000");
    settings.put("default.api.timeout.ms", "20000");
    settings.put("reconnect.backoff.max.ms", "200");
    settings.put("auto.offset.reset", "earliest");
    settings.put("key.deserializer", StringDeserializer.class.getName());
    settings.put("value.deserializer", StringDeserializer.class.getName());
    KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings);
    consumer.subscribe(List.of(args[1]));
    for (;;) {
      for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) System.out.println(record.value());
      System.out.flush();
    }
  }
}
