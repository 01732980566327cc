import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.kafka.ConfluentKafkaContainer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/** Testcontainers for Java, with the image in the place of each that its classes know. */
class OrdersTest {
  private static DockerImageName inThePlaceOf(String image) {
    String name = System.getenv().getOrDefault("OTTLA_IMAGE", "ottla:8.4.0");
    return DockerImageName.parse(name).asCompatibleSubstituteFor(image);
  }

  @Test
  void inThePlaceOfApache() throws Exception {
    try (var kafka = new KafkaContainer(inThePlaceOf("apache/kafka"))) {
      orderArrives(kafka, kafka::getBootstrapServers);
    }
  }

  @Test
  void inThePlaceOfApacheNative() throws Exception {
    try (var kafka = new KafkaContainer(inThePlaceOf("apache/kafka-native"))) {
      orderArrives(kafka, kafka::getBootstrapServers);
    }
  }

  @Test
  void inThePlaceOfConfluent() throws Exception {
    try (var kafka = new ConfluentKafkaContainer(inThePlaceOf("confluentinc/cp-kafka"))) {
      orderArrives(kafka, kafka::getBootstrapServers);
    }
  }

  @Test
  @SuppressWarnings("deprecation")
  void inThePlaceOfConfluentByTheOlderClass() throws Exception {
    try (var kafka = new org.testcontainers.containers.KafkaContainer(inThePlaceOf("confluentinc/cp-kafka"))) {
      orderArrives(kafka, kafka::getBootstrapServers);
    }
  }

  @Test
  @SuppressWarnings("deprecation")
  void inThePlaceOfConfluentByTheOlderClassInKraftMode() throws Exception {
    try (var kafka =
        new org.testcontainers.containers.KafkaContainer(inThePlaceOf("confluentinc/cp-kafka")).withKraft()) {
      orderArrives(kafka, kafka::getBootstrapServers);
    }
  }

  private void orderArrives(GenericContainer<?> container, Supplier<String> bootstrap) throws Exception {
    container.start();
    Map<String, Object> servers = Map.of("bootstrap.servers", bootstrap.get());
    try (var producer = new KafkaProducer<>(servers, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>("orders", "Franz", "one coffee")).get();
    }
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrap.get(), "group.id", "waiters", "auto.offset.reset", "earliest");
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("orders"));
      var records = consumer.poll(Duration.ofSeconds(1));
      for (int i = 0; records.isEmpty() && i < 20; i++) records = consumer.poll(Duration.ofSeconds(1));
      assertEquals("one coffee", records.iterator().next().value());
    }
  }
}
