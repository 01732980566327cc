import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

/** A transactional producer that does what each line of its input says, and answers each by a line; ../puppet.ts says which there are. */
public class Producer {
  private static KafkaProducer<String, String> producer;

  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String answer = "ok";
      try {
        carryOut(args, line.split(" "));
      } catch (Exception error) {
        Throwable cause = error instanceof java.util.concurrent.ExecutionException ? error.getCause() : error;
        // What it could not do at all for another reason is told by the reason.
        while (cause.getCause() instanceof org.apache.kafka.common.errors.ApiException) cause = cause.getCause();
        answer = "error " + cause.getClass().getSimpleName() + ": " + String.valueOf(cause.getMessage()).replace('\n', ' ');
      }
      System.out.println(answer);
      System.out.flush();
    }
    System.exit(0);
  }

  private static void carryOut(String[] args, String[] words) throws Exception {
    switch (words[0]) {
      case "init" -> {
        if (producer != null) producer.close(Duration.ZERO);
        producer = new KafkaProducer<>(settings(args, words[1], words[2]));
        if (!words[1].equals("-")) producer.initTransactions();
      }
      case "begin" -> producer.beginTransaction();
      case "send" -> {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = 2; i < words.length; i++) {
          String[] record = words[i].split("=", 2);
          String[] at = record[0].split("/", 2);
          sent.add(producer.send(new ProducerRecord<>(words[1], Integer.valueOf(at[0]), at.length > 1 ? at[1] : null, record[1])));
        }
        producer.flush();
        for (Future<RecordMetadata> each : sent) each.get();
      }
      case "commit" -> producer.commitTransaction();
      case "abort" -> producer.abortTransaction();
      default -> throw new IllegalArgumentException("there is no " + words[0]);
    }
  }

  private static Properties settings(String[] args, String transactionalId, String timeoutMs) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("request.timeout.ms", args[1]);
    settings.put("delivery.timeout.ms", "15000");
    settings.put("linger.ms", "0");
    settings.put("max.block.ms", "15000");
    settings.put("reconnect.backoff.max.ms", "200");
    if (!transactionalId.equals("-")) {
      settings.put("transactional.id", transactionalId);
      settings.put("transaction.timeout.ms", timeoutMs);
    }
    settings.put("key.serializer", StringSerializer.class.getName());
    settings.put("value.serializer", StringSerializer.class.getName());
    return settings;
  }
}
