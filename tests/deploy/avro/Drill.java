import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * A line asks: writer's schema, reader's schema, body in hex, by tabs. A line answers: the record written again in the
 * reader's schema in hex, and how many bytes were left over; or what Avro says against it.
 */
public class Drill {
  public static void main(String[] none) throws Exception {
    BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = asked.readLine(); line != null; line = asked.readLine()) {
      String[] parts = line.split("\t", -1);
      System.out.println(answer(parts[0], parts[1], HexFormat.of().parseHex(parts[2])));
      System.out.flush();
    }
  }

  private static String answer(String writer, String reader, byte[] body) throws Exception {
    try {
      Schema written = new Schema.Parser().parse(writer);
      Schema read = new Schema.Parser().parse(reader);
      BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(body, null);
      Object record = new GenericDatumReader<Object>(written, read).read(null, decoder);
      int left = decoder.inputStream().available();
      ByteArrayOutputStream again = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(again, null);
      new GenericDatumWriter<Object>(read).write(record, encoder);
      encoder.flush();
      return HexFormat.of().formatHex(again.toByteArray()) + "\t" + left;
    } catch (AvroRuntimeException | java.io.IOException wrong) {
      return "refused\t" + wrong.getClass().getSimpleName();
    }
  }
}
