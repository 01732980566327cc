/** Ends this process with its standard input, and so with whoever started it. */
class Lifeline {
  static void hold() {
    Thread thread = new Thread(() -> {
      try {
        while (System.in.read() >= 0) {}
      } catch (java.io.IOException error) {
        // It is gone all the same.
      }
      Runtime.getRuntime().halt(0);
    });
    thread.setDaemon(true);
    thread.start();
  }
}
