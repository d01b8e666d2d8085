package relay;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.jms.JmsComponent;
import org.apache.camel.component.jms.JmsConfiguration;
import org.apache.camel.main.Main;
import org.messaginghub.pooled.jms.JmsPoolConnectionFactory;

/**
 * The relay as a Camel route: a command from a queue, one PUT to Finesse, one message to
 * a topic, and only then the acknowledgement. Arguments: broker (tcp://), queue, topic,
 * Finesse (http://.../finesse/api), how many commands at once.
 */
public final class Relay {
    private Relay() {}

    public static void main(String[] args) throws Exception {
        String broker = args[0];
        String queue = args[1];
        String topic = args[2];
        String finesse = args[3];
        int width = Integer.parseInt(args[4]);

        // A window of one: a command never waits behind a slow one of the same consumer.
        ActiveMQConnectionFactory in = new ActiveMQConnectionFactory(broker + "?jms.prefetchPolicy.queuePrefetch=1");
        JmsPoolConnectionFactory out = new JmsPoolConnectionFactory();
        out.setConnectionFactory(new ActiveMQConnectionFactory(broker));
        out.setMaxConnections(1);
        out.setMaxSessionsPerConnection(2 * width);
        JmsConfiguration config = new JmsConfiguration();
        config.setListenerConnectionFactory(in);
        config.setTemplateConnectionFactory(out);
        config.setConnectionFactory(out);
        config.setAcknowledgementModeName("CLIENT_ACKNOWLEDGE"); // Spring acknowledges after the route
        config.setCacheLevelName("CACHE_CONSUMER");
        config.setDeliveryPersistent(false);
        JmsComponent jms = new JmsComponent(config);

        Main main = new Main(Relay.class);
        main.bind("jms", jms);
        main.configure().withShutdownTimeout(5);
        main.addInitialProperty("camel.component.http.connectionsPerRoute", Integer.toString(width));
        main.addInitialProperty("camel.component.http.maxTotalConnections", Integer.toString(2 * width));
        main.addInitialProperty("from", "jms:queue:" + queue + "?concurrentConsumers=" + width);
        main.addInitialProperty("finesse", finesse + "?httpMethod=PUT");
        main.addInitialProperty("to", "jms:topic:" + topic);
        main.configure().addRoutesBuilder(Route.class);
        main.run();
    }

    /** The route; Camel makes it. */
    public static final class Route extends RouteBuilder {
        @Override
        public void configure() {
            from("{{from}}").process(Relay::request).to("{{finesse}}").process(Relay::output).to("{{to}}");
        }
    }

    /** MakeReady#agent becomes the request that makes the agent ready. */
    static void request(Exchange e) {
        Message m = e.getMessage();
        String type = m.getHeader("JMSType", String.class);
        int at = type.indexOf('#');
        String agent = type.substring(at + 1);
        String state = type.startsWith("MakeReady") ? "READY" : "NOT_READY";
        e.setProperty("agent", agent);
        e.setProperty("state", state);
        e.setProperty("corr", m.getHeader("JMSCorrelationID"));
        byte[] login = (agent + ":pw" + agent).getBytes(StandardCharsets.UTF_8);
        m.removeHeaders("*");
        m.setHeader(Exchange.HTTP_PATH, "/User/" + agent);
        m.setHeader("Authorization", "Basic " + Base64.getEncoder().encodeToString(login));
        m.setHeader(Exchange.CONTENT_TYPE, "application/xml");
        m.setBody("<User><state>" + state + "</state></User>");
    }

    /** What the agent's client is told. */
    static void output(Exchange e) {
        Message m = e.getMessage();
        String agent = e.getProperty("agent", String.class);
        m.removeHeaders("*");
        m.setHeader("JMSCorrelationID", e.getProperty("corr"));
        m.setHeader("JMSType", "O-001");
        m.setHeader("gcAgent", agent);
        m.setBody(agent + "#State#" + e.getProperty("state") + "#0#relay");
    }
}
