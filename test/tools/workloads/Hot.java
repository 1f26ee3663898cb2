/** Calls, objects, threads and collections for tools that look into the Java virtual machine. */
public class Hot {
  static class Thing {
    int value;
  }

  static Object kept;

  static int outer(int n) {
    return inner(n) + 1;
  }

  static int inner(int n) {
    kept = new Thing();
    return n;
  }

  public static void main(String[] words) throws Exception {
    System.in.read();
    Thread thread = new Thread(() -> outer(1), "sonde-thread");
    thread.start();
    thread.join();
    for (int i = 0; i < 1999; i++) outer(i);
    for (int i = 0; i < 3; i++) System.gc();
    Thread.sleep(1200);
  }
}
