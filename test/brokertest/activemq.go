package brokertest

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"text/template"
)

// TB is what the helpers need of *testing.T or *testing.B.
type TB interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	FailNow()
	Failed() bool
	TempDir() string
	Cleanup(f func())
}

// Option is a choice about the broker.
type Option func(*settings)

// Stock leaves the STOMP connector as ActiveMQ ships it: Nagle's algorithm on,
// no grace for heart-beats. Otherwise the tests' connector has tcpNoDelay and a
// grace multiplier of 2.
func Stock() Option { return func(s *settings) { s.Stock = true } }

// Login makes the broker ask for a user and a password.
func Login(user, password string) Option {
	return func(s *settings) { s.User, s.Password = user, password }
}

// QueueLimit bounds the memory of each queue ("1 mb"); what does not fit is
// answered with an ERROR frame.
func QueueLimit(limit string) Option { return func(s *settings) { s.QueueLimit = limit } }

// Network joins the broker with another one in a network of brokers.
func Network(other *Broker) Option {
	return func(s *settings) { s.Peer = "tcp://127.0.0.1:" + strconv.Itoa(other.set.OpenWirePort) }
}

// NetworkAt is [Network] with the other broker's OpenWire connector behind
// host:port, where a proxy can cut the network.
func NetworkAt(addr string) Option { return func(s *settings) { s.Peer = "tcp://" + addr } }

// Name sets the broker's name; brokers of a network need different ones.
func Name(name string) Option { return func(s *settings) { s.Name = name } }

// Bare leaves out the libraries that ActiveMQ writes advisories and Map messages
// with for STOMP, as Debian does.
func Bare() Option { return func(s *settings) { s.bare = true } }

// Template is the path of a configuration to fill in place of the tests' own,
// testdata/activemq/activemq.xml.tmpl. It needs a stomp:// and a tcp:// connector.
func Template(path string) Option { return func(s *settings) { s.template = path } }

// settings fill the configuration template.
type settings struct {
	template                                     string // "" = the tests' own
	Name, Data, User, Password, QueueLimit, Peer string
	Stock, bare                                  bool
	StompPort, OpenWirePort                      int
}

// Broker is an ActiveMQ child process. Its methods are for one goroutine.
type Broker struct {
	t    TB
	dir  string
	home string
	java string
	set  settings
	run  *process
}

// ActiveMQ starts a broker on free ports of loopback, with its data in a
// temporary folder, and returns when it accepts connections. It ends with the
// test. The test fails if it cannot be started.
func ActiveMQ(t TB, opts ...Option) *Broker {
	t.Helper()
	b, err := prepare(t, opts)
	if err == nil {
		err = b.start()
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		b.Kill()
		if t.Failed() {
			t.Logf("end of ActiveMQ's log:\n%s", b.Log())
		}
	})
	return b
}

func prepare(t TB, opts []Option) (*Broker, error) {
	b := &Broker{t: t, dir: t.TempDir(), set: settings{Name: "broker-1"}}
	for _, o := range opts {
		o(&b.set)
	}
	b.set.Data = filepath.Join(b.dir, "data")
	var err error
	if b.java, err = Java("java"); err != nil {
		return nil, err
	}
	if b.home, err = share("activemq"); err != nil {
		return nil, err
	}
	for _, sub := range []string{"data", "tmp", "lib"} {
		if err := os.Mkdir(filepath.Join(b.dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("brokertest: %w", err)
		}
	}
	// ActiveMQ writes advisories for STOMP with these; Debian leaves them out.
	jars := []string{"xstream.jar", "jettison.jar"}
	if b.set.bare {
		jars = nil
	}
	for _, jar := range jars {
		from, err := share("java", jar)
		if err != nil {
			return nil, err
		}
		if err := os.Symlink(from, filepath.Join(b.dir, "lib", jar)); err != nil {
			return nil, fmt.Errorf("brokertest: %w", err)
		}
	}
	return b, nil
}

// configure writes activemq.xml for the current settings and returns its path
// and that of the logging configuration.
func (b *Broker) configure() (xml, log string, err error) {
	from, err := testdata("activemq")
	if err != nil {
		return "", "", err
	}
	tmpl, err := template.ParseFiles(cmp.Or(b.set.template, filepath.Join(from, "activemq.xml.tmpl")))
	if err != nil {
		return "", "", fmt.Errorf("brokertest: %w", err)
	}
	xml = filepath.Join(b.dir, "activemq.xml")
	f, err := os.Create(xml)
	if err != nil {
		return "", "", fmt.Errorf("brokertest: %w", err)
	}
	defer f.Close()
	if err := tmpl.Execute(f, b.set); err != nil {
		return "", "", fmt.Errorf("brokertest: %w", err)
	}
	return xml, filepath.Join(from, "log4j.properties"), nil
}

func (b *Broker) start() error {
	xml, log, err := b.configure()
	if err != nil {
		return err
	}
	b.run, err = launch(b.java,
		"-Xms32m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true",
		"-Djava.io.tmpdir="+filepath.Join(b.dir, "tmp"), "-Dlog4j.configuration=file:"+log,
		"-Dactivemq.home="+b.home, "-Dactivemq.base="+b.dir, "-Dactivemq.conf="+b.dir,
		"-Dactivemq.data="+b.set.Data,
		"-jar", filepath.Join(b.home, "bin", "activemq.jar"), "start", "xbean:file:"+xml)
	if err != nil {
		return err
	}
	ports, err := b.run.ready()
	if err != nil {
		b.run.Kill()
		return err
	}
	b.set.StompPort, b.set.OpenWirePort = ports["stomp"], ports["tcp"]
	return nil
}

// URL is where the link connects to.
func (b *Broker) URL() string {
	return "stomp://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(b.set.StompPort))
}

// OpenWireURL is where JMS clients connect to.
func (b *Broker) OpenWireURL() string {
	return "tcp://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(b.set.OpenWirePort))
}

// PID is the process id of the broker's current life.
func (b *Broker) PID() int { return b.run.PID() }

// Log is the end of what the broker logged in its current life.
func (b *Broker) Log() string { return b.run.log() }

// Stop shuts the broker down in order and waits for its end.
func (b *Broker) Stop() { b.run.stop() }

// Kill ends the broker as a power failure would, and waits.
func (b *Broker) Kill() { b.run.Kill() }

// Restart starts a broker that was stopped or killed again, with the same
// ports and data. A running one is stopped first.
func (b *Broker) Restart() {
	b.t.Helper()
	b.Stop()
	if err := b.start(); err != nil {
		b.t.Fatalf("restart: %v", err)
	}
}
