import java.io.*; import java.util.*; import java.nio.charset.*;
/** argument: file, key. Prints what java.util.Properties gives. */
public class Props { public static void main(String[] a) throws Exception { Properties p = new Properties(); try (Reader r = new InputStreamReader(new FileInputStream(a[0]), StandardCharsets.UTF_8)) { p.load(r); } System.out.write(p.getProperty(a[1]).getBytes(StandardCharsets.UTF_8)); System.out.flush(); } }
