import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import software.amazon.event.ruler.Machine;

/**
 * Reads {"patterns": [text], "events": [text]} from standard input; writes a list to standard output: for each event
 * the indexes of the patterns that match it, in ascending order, by the engine that EventBridge itself runs
 * (github.com/aws/event-ruler). A pattern that the engine does not accept ends it with an exception.
 */
public final class Verdicts {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode asked = mapper.readTree(System.in);
    Machine machine = new Machine();
    int count = 0;
    for (JsonNode pattern : asked.get("patterns")) machine.addRule(Integer.toString(count++), pattern.textValue());
    List<int[]> verdicts = new ArrayList<>();
    for (JsonNode event : asked.get("events"))
      verdicts.add(machine.rulesForJSONEvent(event.textValue()).stream().mapToInt(Integer::parseInt).sorted().toArray());
    System.out.write(mapper.writeValueAsString(verdicts).getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }
}
