import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Java's client by ways into a broker, one for each line of the input; ../../clients/ways.ts says how they are asked. */
public class Ways {
  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String answer;
      try {
        answer = tryWay(line.split("\t"));
      } catch (Exception error) {
        Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
        answer = "refused: " + cause.getClass().getSimpleName() + ": " + String.valueOf(cause.getMessage()).replace('\n', ' ');
      }
      System.out.println(answer);
      System.out.flush();
    }
    System.exit(0);
  }

  private static String tryWay(String[] way) throws Exception {
    String topic = way[6];
    Properties settings = settings(way);
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(topic, "hello")).get();
    }
    settings.put("group.id", topic);
    settings.put("auto.offset.reset", "earliest");
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(java.util.List.of(topic));
      for (int i = 0; i < 100; i++)
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) return record.value();
    }
    return "nothing";
  }

  private static Properties settings(String[] way) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", way[2]);
    settings.put("security.protocol", way[0]);
    settings.put("max.block.ms", "10000");
    settings.put("request.timeout.ms", "8000");
    settings.put("delivery.timeout.ms", "10000");
    settings.put("default.api.timeout.ms", "10000");
    if (way[0].endsWith("SSL")) {
      settings.put("ssl.truststore.type", "PEM");
      settings.put("ssl.truststore.location", way[5]);
    }
    if (!way[1].equals("none")) {
      String module = way[1].equals("PLAIN") ? "plain.Plain" : "scram.Scram";
      settings.put("sasl.mechanism", way[1]);
      settings.put(
          "sasl.jaas.config",
          "org.apache.kafka.common.security." + module + "LoginModule required username=\"" + quoted(way[3]) + "\" password=\""
              + quoted(way[4]) + "\"" + (way.length > 7 ? " tokenauth=\"true\"" : "") + ";");
    }
    return settings;
  }

  private static String quoted(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }
}
