import com.sun.net.httpserver.*;
import java.io.*; import java.net.*; import java.nio.charset.*; import java.util.*; import java.util.stream.*;
/** JDK-only handlers: strings, readers, decoders. */
public class Capture {
  static String q(String s) { StringBuilder b = new StringBuilder("\""); for (char c : s.toCharArray()) { if (c == '"' || c == '\\') b.append('\\').append(c); else if (c < 32 || c > 126) b.append(String.format("\\u%04x", (int) c)); else b.append(c); } return b.append('"').toString(); }
  static boolean sig(String k) { k = k.toLowerCase(); return (k.contains("sign") || k.contains("hmac")) && !k.contains("time"); }
  static Map<String, String> form(String s) throws Exception { Map<String, String> m = new HashMap<>(); for (String p : s.split("&")) { String[] kv = p.split("=", 2); m.put(URLDecoder.decode(kv[0], "UTF-8"), URLDecoder.decode(kv.length > 1 ? kv[1] : "", "UTF-8")); } return m; }
  public static void main(String[] a) throws Exception {
    HttpServer s = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(a[0])), 0);
    s.createContext("/", x -> { try {
      String p = x.getRequestURI().getPath(); InputStream in = x.getRequestBody(); byte[] b; boolean list = false;
      if (p.equals("/readonce")) { byte[] t = new byte[2048]; int n = in.read(t); b = Arrays.copyOf(t, Math.max(n, 0)); in.readAllBytes(); }
      else { byte[] raw = in.readAllBytes(); BufferedReader r = new BufferedReader(new InputStreamReader(new ByteArrayInputStream(raw), StandardCharsets.UTF_8));
        switch (p) {
          case "/latin1": b = new String(raw, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.UTF_8); break;
          case "/cp1252": b = new String(raw, "windows-1252").getBytes(StandardCharsets.UTF_8); break;
          case "/ascii": b = new String(raw, StandardCharsets.US_ASCII).getBytes(StandardCharsets.UTF_8); break;
          case "/getbytesascii": b = new String(raw, StandardCharsets.UTF_8).getBytes(StandardCharsets.US_ASCII); break;
          case "/getbyteslatin1": b = new String(raw, StandardCharsets.UTF_8).getBytes(StandardCharsets.ISO_8859_1); break;
          case "/utf16": b = new String(raw, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_16); break;
          case "/readline": { StringBuilder o = new StringBuilder(); String l; while ((l = r.readLine()) != null) o.append(l); b = o.toString().getBytes(StandardCharsets.UTF_8); break; }
          case "/readlinenl": { StringBuilder o = new StringBuilder(); String l; while ((l = r.readLine()) != null) o.append(l).append('\n'); b = o.toString().getBytes(StandardCharsets.UTF_8); break; }
          case "/readlinecrlf": { b = r.lines().collect(Collectors.joining("\r\n")).getBytes(StandardCharsets.UTF_8); break; }
          case "/joining": { b = r.lines().collect(Collectors.joining("\n")).getBytes(StandardCharsets.UTF_8); break; }
          case "/strip": b = new String(raw, StandardCharsets.UTF_8).strip().getBytes(StandardCharsets.UTF_8); break;
          case "/bytestostring": b = raw.toString().getBytes(); break;
          case "/arraystostring": b = Arrays.toString(raw).getBytes(); break;
          case "/urldecode": b = URLDecoder.decode(new String(raw, StandardCharsets.UTF_8), "UTF-8").getBytes(StandardCharsets.UTF_8); break;
          case "/formencode": { StringBuilder o = new StringBuilder(); for (String pr : new String(raw, StandardCharsets.UTF_8).split("&")) { String[] kv = pr.split("=", 2); if (o.length() > 0) o.append('&'); o.append(URLEncoder.encode(URLDecoder.decode(kv[0], "UTF-8"), "UTF-8")).append('=').append(URLEncoder.encode(URLDecoder.decode(kv.length > 1 ? kv[1] : "", "UTF-8"), "UTF-8")); } b = o.toString().getBytes(); break; }
          case "/formmap": b = form(new String(raw, StandardCharsets.UTF_8)).toString().getBytes(StandardCharsets.UTF_8); break;
          case "/base64": b = Base64.getEncoder().encode(raw); break;
          case "/mime64": b = Base64.getMimeEncoder().encode(raw); break;
          case "/listheader": b = raw; list = true; break;
          default: b = raw; } }
      StringBuilder h = new StringBuilder("["); for (Map.Entry<String, List<String>> e : x.getRequestHeaders().entrySet()) { if (list) { if (h.length() > 1) h.append(','); h.append('[').append(q(e.getKey())).append(',').append(q(sig(e.getKey()) ? e.getValue().toString() : e.getValue().get(0))).append(']'); } else for (String v : e.getValue()) { if (h.length() > 1) h.append(','); h.append('[').append(q(e.getKey())).append(',').append(q(v)).append(']'); } }
      byte[] o = ("{\"body_b64\":" + q(Base64.getEncoder().encodeToString(b)) + ",\"headers\":" + h + "],\"method\":" + q(x.getRequestMethod()) + ",\"url\":" + q(x.getRequestURI().toString()) + "}").getBytes(StandardCharsets.UTF_8);
      x.sendResponseHeaders(200, o.length); x.getResponseBody().write(o); x.close(); } catch (Exception e) { e.printStackTrace(); x.sendResponseHeaders(500, -1); x.close(); } });
    s.start();
  }
}
