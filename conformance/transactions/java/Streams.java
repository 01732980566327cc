import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The copier as a Kafka Streams application with exactly_once_v2. What it writes also carries a running number for each account, which comes
 * from a store with a changelog. Arguments as Copier's; the transactional id names the directory of its state.
 */
public class Streams {
  public static void main(String[] args) {
    Lifeline.hold();
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
    settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir") + "/ottla-streams-" + args[4]);
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class.getName());
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class.getName());
    settings.put("request.timeout.ms", args[1]);
    settings.put("reconnect.backoff.max.ms", "200");
    settings.put(StreamsConfig.consumerPrefix("session.timeout.ms"), args[2]);
    settings.put(StreamsConfig.consumerPrefix("heartbeat.interval.ms"), "300");
    settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    settings.put(StreamsConfig.producerPrefix("transaction.timeout.ms"), "5000");
    settings.put(StreamsConfig.producerPrefix("delivery.timeout.ms"), "15000");
    settings.put(StreamsConfig.producerPrefix("max.block.ms"), "15000");

    Topology topology = new Topology();
    topology.addSource("in", args[5]);
    topology.addProcessor("copy", Copy::new, "in");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("counts"), Serdes.String(), Serdes.Long()), "copy");
    topology.addSink("out", args[6], "copy");
    KafkaStreams streams = new KafkaStreams(topology, settings);
    streams.setUncaughtExceptionHandler(error -> {
      System.err.println(error);
      System.err.flush();
      Runtime.getRuntime().halt(3);
      return null;
    });
    streams.start();
  }

  private static class Copy implements Processor<String, String, String, String> {
    private ProcessorContext<String, String> context;
    private KeyValueStore<String, Long> counts;

    @Override
    public void init(ProcessorContext<String, String> context) {
      this.context = context;
      counts = context.getStateStore("counts");
    }

    @Override
    public void process(Record<String, String> record) {
      if (record.value().equals("end")) return;
      RecordMetadata from = context.recordMetadata().get();
      long amount = 1 + from.offset() % 100;
      String source = from.partition() + "@" + from.offset();
      write(record, from, source + "|" + -amount + "|" + record.value());
      write(record, from, source + "|" + amount + "|" + record.value());
    }

    /** Accounts belong to one partition of the input each, as the store does. */
    private void write(Record<String, String> record, RecordMetadata from, String leg) {
      String account = from.partition() + "." + Math.floorMod(leg.hashCode(), 5);
      Long before = counts.get(account);
      long count = before == null ? 1 : before + 1;
      counts.put(account, count);
      context.forward(record.withKey(account).withValue(leg + "|" + account + "|" + count));
    }
  }
}
