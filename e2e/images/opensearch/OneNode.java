import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/** A cluster of one node on port 9200, without OpenSearch's own start: no checks of the machine, no security manager, any user. */
public class OneNode extends Node {
  private static final String NAME = "one";

  private OneNode(Environment environment) {
    super(environment, List.of(Netty4Plugin.class), true);
  }

  /** Arguments: the folder for all files, and any settings as name=value. */
  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    Files.createDirectories(home.resolve("config"));
    Settings.Builder settings =
        Settings.builder()
            .put("path.home", home.toString())
            .put("cluster.name", NAME)
            .put("node.name", NAME)
            .put("discovery.type", "single-node")
            .put("http.type", "netty4")
            .put("http.host", "0.0.0.0")
            .put("http.port", "9200")
            .put("transport.type", "netty4")
            .put("transport.host", "127.0.0.1")
            .put("transport.port", "0")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("node.store.allow_mmap", false);
    for (String setting : List.of(arguments).subList(1, arguments.length)) {
      String[] parts = setting.split("=", 2);
      settings.put(parts[0], parts[1]);
    }
    OneNode node = new OneNode(InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), null, () -> NAME));
    node.start();
    new CountDownLatch(1).await();
  }
}
