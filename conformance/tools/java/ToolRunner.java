import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.security.Permission;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.utils.internals.Exit;

/**
 * Runs Kafka's command-line tools one after the other in one JVM: reads {"main", "args", "stdin", "msMax"} a line, writes {"code", "stdout",
 * "stderr"} a line. A tool that exits is left where it did so, as nothing behind that would have run in a process of its own.
 */
public final class ToolRunner {
  private static volatile CompletableFuture<Integer> ended;

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    ObjectMapper json = new ObjectMapper();
    Exit.setExitProcedure((code, message) -> leave(code));
    Exit.setHaltProcedure((code, message) -> leave(code));
    Exit.setShutdownHookAdder((name, hook) -> {});
    System.setSecurityManager(new Watch());
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      ObjectNode answer = run(json, json.readTree(line));
      answers.println(json.writeValueAsString(answer));
      answers.flush();
    }
    Runtime.getRuntime().halt(0);
  }

  private static ObjectNode run(ObjectMapper json, JsonNode asked) throws Exception {
    String[] args = json.convertValue(asked.get("args"), String[].class);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    System.setIn(new ByteArrayInputStream(asked.get("stdin").asText().getBytes(StandardCharsets.UTF_8)));
    CompletableFuture<Integer> end = new CompletableFuture<>();
    ended = end;
    Class<?> tool = Class.forName(asked.get("main").asText());
    Thread thread = new Thread(() -> {
      try {
        tool.getMethod("main", String[].class).invoke(null, (Object) args);
        end.complete(0);
      } catch (InvocationTargetException thrown) {
        System.err.print("Exception in thread \"main\" ");
        thrown.getCause().printStackTrace();
        end.complete(1);
      } catch (ReflectiveOperationException bug) {
        end.completeExceptionally(bug);
      }
    }, "main");
    thread.setDaemon(true);
    thread.start();
    int code;
    try {
      code = end.get(asked.get("msMax").asLong(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException late) {
      // What `timeout` of the shell answers.
      code = 124;
    }
    return json.createObjectNode().put("code", code)
        .put("stdout", out.toString(StandardCharsets.UTF_8)).put("stderr", err.toString(StandardCharsets.UTF_8));
  }

  private static void leave(int code) {
    ended.complete(code);
    while (true) {
      try {
        Thread.sleep(Long.MAX_VALUE);
      } catch (InterruptedException again) {
        // Nobody is to go on from here.
      }
    }
  }

  /** Some tools exit by System.exit. */
  @SuppressWarnings("removal")
  private static final class Watch extends SecurityManager {
    @Override
    public void checkExit(int code) {
      if (StackWalker.getInstance().walk(frames -> frames.anyMatch(frame -> frame.getMethodName().equals("halt")))) return;
      leave(code);
    }

    @Override
    public void checkPermission(Permission permission) {}

    @Override
    public void checkPermission(Permission permission, Object context) {}
  }
}
