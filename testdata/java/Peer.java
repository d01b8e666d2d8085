import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.Destination;
import javax.jms.JMSException;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * A JMS 1.1 client over OpenWire, as the desktop and server clients of a
 * connector are, driven line by line on standard input. It answers on standard
 * output with one JSON object per line: what was done, and every message
 * received, as JMS shows it.
 *
 * <p>Requests are tab-separated fields; the first is the verb, the others are
 * name=value with the value in Base64 (so that it may hold anything), and an
 * absent field is null:
 *
 * <pre>
 * listen       on
 * send         to kind type corr reply persistent ttl body prop.NAME
 * temp         (makes a temporary queue, listens to it and answers its name)
 * quit
 * </pre>
 *
 * <p>Destinations are queue://name or topic://name, or the name of a queue made
 * by temp. kind is text (default), bytes, map or plain.
 */
public final class Peer {
    private final PrintStream out;
    private final Connection connection;
    private final Session sending;
    private final MessageProducer producer;
    private final Map<String, Destination> temporary = new HashMap<>();

    private Peer(String url, PrintStream out) throws JMSException {
        this.out = out;
        connection = new ActiveMQConnectionFactory(url).createConnection();
        connection.start();
        sending = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        producer = sending.createProducer(null);
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Peer peer = new Peer(args[0], out);
        peer.print(new Json().put("event", "ready"));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Request request = new Request(line);
            if (request.verb.equals("quit")) {
                break;
            }
            try {
                peer.handle(request);
            } catch (JMSException | IllegalArgumentException e) {
                peer.print(new Json().put("event", "error").put("error", e.toString()));
            }
        }
        peer.connection.close();
    }

    private void handle(Request r) throws JMSException {
        switch (r.verb) {
            case "listen":
                Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
                listen(session, destination(session, r.get("on")), r.get("on"));
                print(new Json().put("event", "listening").put("on", r.get("on")));
                break;
            case "temp":
                Session own = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
                Destination queue = own.createTemporaryQueue();
                temporary.put(queue.toString(), queue);
                listen(own, queue, queue.toString());
                print(new Json().put("event", "listening").put("on", queue.toString()));
                break;
            case "send":
                Message m = send(r);
                print(new Json().put("event", "sent").put("id", m.getJMSMessageID()));
                break;
            default:
                throw new IllegalArgumentException("unknown verb " + r.verb);
        }
    }

    private void listen(Session session, Destination on, String name) throws JMSException {
        MessageConsumer consumer = session.createConsumer(on);
        consumer.setMessageListener(m -> print(describe(m, name)));
    }

    private Message send(Request r) throws JMSException {
        Message m = message(r);
        m.setJMSType(r.get("type"));
        m.setJMSCorrelationID(r.get("corr"));
        if (r.get("reply") != null) {
            m.setJMSReplyTo(destination(sending, r.get("reply")));
        }
        for (String field : r.fields.keySet()) {
            if (field.startsWith("prop.")) {
                m.setStringProperty(field.substring("prop.".length()), r.get(field));
            }
        }
        int mode = "true".equals(r.get("persistent")) ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT;
        long ttl = r.get("ttl") == null ? 0 : Long.parseLong(r.get("ttl"));
        producer.send(destination(sending, r.get("to")), m, mode, Message.DEFAULT_PRIORITY, ttl);
        return m;
    }

    private Message message(Request r) throws JMSException {
        String kind = r.get("kind") == null ? "text" : r.get("kind");
        switch (kind) {
            case "text":
                return sending.createTextMessage(r.get("body"));
            case "bytes":
                BytesMessage bytes = sending.createBytesMessage();
                bytes.writeBytes(r.bytes("body"));
                return bytes;
            case "map":
                MapMessage map = sending.createMapMessage();
                map.setString("body", r.get("body"));
                return map;
            case "plain":
                return sending.createMessage();
            default:
                throw new IllegalArgumentException("unknown kind " + kind);
        }
    }

    private Destination destination(Session session, String name) throws JMSException {
        if (temporary.containsKey(name)) {
            return temporary.get(name);
        }
        if (name != null && name.startsWith("queue://")) {
            return session.createQueue(name.substring("queue://".length()));
        }
        if (name != null && name.startsWith("topic://")) {
            return session.createTopic(name.substring("topic://".length()));
        }
        throw new IllegalArgumentException("no destination: " + name);
    }

    private static Json describe(Message m, String on) {
        Json json = new Json().put("event", "message").put("on", on);
        try {
            json.put("class", kind(m));
            json.put("id", m.getJMSMessageID());
            json.put("type", m.getJMSType());
            json.put("correlationId", m.getJMSCorrelationID());
            json.put("replyTo", m.getJMSReplyTo() == null ? null : m.getJMSReplyTo().toString());
            json.put("persistent", m.getJMSDeliveryMode() == DeliveryMode.PERSISTENT);
            json.put("redelivered", m.getJMSRedelivered());
            json.put("timestamp", m.getJMSTimestamp());
            json.put("expiration", m.getJMSExpiration());
            Json properties = new Json();
            for (Enumeration<?> names = m.getPropertyNames(); names.hasMoreElements(); ) {
                String name = (String) names.nextElement();
                properties.put(name, String.valueOf(m.getObjectProperty(name)));
            }
            json.put("properties", properties);
            json.put("body", body(m));
        } catch (JMSException e) {
            json.put("error", e.toString());
        }
        return json;
    }

    private static String kind(Message m) {
        if (m instanceof TextMessage) {
            return "TextMessage";
        }
        if (m instanceof BytesMessage) {
            return "BytesMessage";
        }
        return m instanceof MapMessage ? "MapMessage" : "Message";
    }

    private static String body(Message m) throws JMSException {
        if (m instanceof TextMessage) {
            return ((TextMessage) m).getText();
        }
        if (m instanceof BytesMessage) {
            byte[] bytes = new byte[(int) ((BytesMessage) m).getBodyLength()];
            ((BytesMessage) m).readBytes(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
        return null;
    }

    private synchronized void print(Json json) {
        out.println(json);
    }

    /** One line of standard input. */
    private static final class Request {
        final String verb;
        final Map<String, byte[]> fields = new HashMap<>();

        Request(String line) {
            String[] parts = line.split("\t");
            verb = parts[0];
            for (int i = 1; i < parts.length; i++) {
                int eq = parts[i].indexOf('=');
                fields.put(parts[i].substring(0, eq), Base64.getDecoder().decode(parts[i].substring(eq + 1)));
            }
        }

        byte[] bytes(String name) {
            return fields.get(name);
        }

        String get(String name) {
            return fields.containsKey(name) ? new String(fields.get(name), StandardCharsets.UTF_8) : null;
        }
    }

    /** Just enough JSON to print. */
    private static final class Json {
        private final StringBuilder text = new StringBuilder();

        Json put(String name, Object value) {
            text.append(text.length() == 0 ? "" : ",");
            quote(name);
            text.append(':');
            if (value instanceof String) {
                quote((String) value);
            } else {
                text.append(value);
            }
            return this;
        }

        private void quote(String s) {
            text.append('"');
            for (char c : s.toCharArray()) {
                if (c == '"' || c == '\\') {
                    text.append('\\').append(c);
                } else if (c < 0x20 || c > 0x7e) {
                    text.append(String.format("\\u%04x", (int) c));
                } else {
                    text.append(c);
                }
            }
            text.append('"');
        }

        @Override
        public String toString() {
            return "{" + text + "}";
        }
    }
}
