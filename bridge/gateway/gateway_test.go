package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/session"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type address string

func (a address) String() string { return string(a) }

// world is a gateway among fakes.
type world struct {
	t       *testing.T
	g       *Gateway
	agents  *session.Agents
	deps    *session.Deps
	mu      sync.Mutex
	sent    []wire.Output
	refuse  error // what outputs are confirmed with
	hold    bool  // outputs are not confirmed
	acks    []string
	rejects []string // reason, and "body" where it was copied
	lose    error    // what copies of rejected commands end with
	panics  string   // where: "named", "send", "reject"

	down      bool // no Finesse serves
	elsewhere map[string]string
	late      bool
	settling  bool
	fetched   []string
}

func (w *world) breakAt(where string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.panics = where
}

func (w *world) broken(where string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.panics == where
}

func (w *world) Status() protocol.SystemStatus {
	if w.down {
		return protocol.NotReachable
	}
	return protocol.InService
}
func (w *world) Serving() bool { return !w.down }

func (w *world) Locate(agent string) (bool, string) {
	at, ok := w.elsewhere[agent]
	return ok, at
}

func (w *world) Fetch(agent string) bool {
	w.fetched = append(w.fetched, agent)
	if _, ok := w.elsewhere[agent]; !ok || w.elsewhere[agent] == "gone" {
		return false
	}
	w.agents.Connect(agent)
	return true
}
func (w *world) Overtaken(string, string) bool { return w.late }
func (w *world) Settling() bool                { return w.settling }

func (w *world) Named(name string) (wire.Address, error) {
	if w.broken("named") {
		panic("defect")
	}
	if name == "" || strings.Contains(name, "*") {
		return nil, errors.New("not a destination")
	}
	return address("/topic/" + name), nil
}

func (w *world) Stored(path string) (wire.Address, error) {
	if path == "" {
		return nil, errors.New("none")
	}
	return address(path), nil
}

func (w *world) Send(o wire.Output) {
	if w.broken("send") {
		panic("defect")
	}
	w.mu.Lock()
	w.sent = append(w.sent, o)
	w.mu.Unlock()
	if o.Confirm != nil && !w.hold {
		o.Confirm(w.refuse)
	}
}

// The rest of what a session needs.

func (w *world) Begin(context.Context, *session.Request) error  { return nil }
func (w *world) Intended(string) bool                           { return false }
func (w *world) Held(string, session.Holding)                   {}
func (w *world) Lost(string)                                    {}
func (w *world) Yielded(string)                                 {}
func (w *world) Current() session.Server                        { return server{} }
func (w *world) Report(error)                                   {}
func (w *world) Turn(bool) (comes <-chan struct{}, drop func()) { return nil, func() {} }
func (w *world) Displaced(time.Time)                            {}
func (w *world) Notice()                                        {}

// server is a Finesse at which everybody is a supervisor.
type server struct{ session.API }

type stream struct{ c chan finesse.Notification }

func (stream) Subscribe(context.Context, string) error   { return nil }
func (stream) Unsubscribe(context.Context, string) error { return nil }
func (stream) Err() error                                { return nil }
func (stream) Close() error                              { return nil }
func (stream) Abort()                                    {}
func (s stream) C() <-chan finesse.Notification          { return s.c }

func (server) Name() string { return "f1" }
func (server) RenewToken(context.Context, finesse.TokenProof) (finesse.Token, error) {
	return finesse.Token{}, nil
}

func (server) Connect(context.Context, finesse.Credentials) (session.Stream, error) {
	return stream{make(chan finesse.Notification)}, nil
}

func (server) User(_ context.Context, _ finesse.Credentials, id string) (finesse.User, error) {
	return finesse.User{ID: id, State: finesse.StateReady, Extension: "2001", Roles: []string{"Supervisor"}}, nil
}

func (server) Dialogs(context.Context, finesse.Credentials, string) ([]finesse.Dialog, error) {
	return nil, nil
}

type source struct {
	w  *world
	id string
}

func (s source) Ack() {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.w.acks = append(s.w.acks, s.id)
}

func (s source) Reject(reason string, body bool, done func(error)) {
	if s.w.broken("reject") {
		panic("defect")
	}
	if body {
		reason += " (body)"
	}
	s.w.rejects = append(s.w.rejects, reason)
	if done != nil {
		done(s.w.lose)
	}
}

// inWorld runs test in a synctest bubble; every session is gone when it ends.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatDefault, "", time.UTC)
		require.NoError(t, err)
		w := &world{t: t, elsewhere: map[string]string{}}
		tel := telemetry.New(nil)
		book := NewBook(tel)
		trust, err := session.NewTrust(tel)
		require.NoError(t, err)
		w.deps = &session.Deps{
			Node: "n1", Dialect: d, Finesse: w, Cluster: w, Out: w, Book: book, Places: session.NewPlaces(0), Trust: trust, Telemetry: tel, Log: zerolog.Nop(),
			Options: session.Options{CommandTimeout: time.Second, OutcomeTimeout: time.Second, Linger: time.Hour},
		}
		w.agents = session.NewAgents(w.deps)
		ctx, cancel := context.WithCancel(t.Context())
		w.agents.Start(ctx)
		w.g = New(Config{
			Dialect: d, MaxAge: 30 * time.Second, Agents: w.agents, Cluster: w, Finesse: w, Addresses: w, Out: w,
			Book: book, Telemetry: tel, Log: zerolog.Nop(),
		})
		test(t, w)
		cancel()
		w.agents.Wait()
	})
}

// command is one as a transport makes it.
func (w *world) command(id, jmsType, body string) *wire.Command {
	return &wire.Command{
		Source: source{w, id}, Type: jmsType, Body: []byte(body), MessageID: id, CorrelationID: "c-" + id,
		Properties: map[string]string{}, Sent: time.Now(), Received: time.Now(),
	}
}

// send gives the gateway a command and waits for what comes of it.
func (w *world) send(id, jmsType, body string, change ...func(*wire.Command)) {
	c := w.command(id, jmsType, body)
	for _, f := range change {
		f(c)
	}
	w.g.Receive(c)
	synctest.Wait()
}

func replyTo(at string) func(*wire.Command) {
	return func(c *wire.Command) { c.ReplyTo = address(at) }
}

// got takes what was sent, as "address text correlation".
func (w *world) got() (out []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.sent {
		out = append(out, strings.TrimSpace(fmt.Sprint(o.To, " ", o.Message.Body, " ", o.CorrelationID)))
	}
	w.sent = nil
	return out
}

func (w *world) count(name string) uint64 { return w.g.Telemetry.Counts()[name] }

func TestHelloAndBeat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.send("m1", "Beat#A", "")
		require.Equal(t, []string{"/topic/A DESTINATION#A#RECONNECT c-m1"}, w.got(), "[C6]")
		w.send("m2", "Hello#A", "")
		w.send("m3", "Beat#A", "")
		require.Equal(t, []string{"/topic/A System#IN_SERVICE c-m2", "/topic/A System#IN_SERVICE c-m3"}, w.got())
		w.down = true
		w.send("m4", "Beat#A", "")
		require.Equal(t, []string{"/topic/A System#OUT_OF_SERVICE c-m4"}, w.got(), "[C7]")
		require.Equal(t, []string{"m1", "m2", "m3", "m4"}, w.acks)
		require.EqualValues(t, 1, w.g.Book.Len())
		w.g.Announce(protocol.OutOfService)
		require.Equal(t, []string{"/topic/A System#OUT_OF_SERVICE"}, w.got(), "[E3]")
	})
}

func TestFormatOfADestination(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.send("m1", "Hello#A", "", func(c *wire.Command) { c.Properties["gcFormat"] = "JSON" })
		require.Equal(t, []string{`/topic/A {"type":"System","status":"IN_SERVICE"} c-m1`}, w.got(), "[D3]")
		b, ok := w.g.Book.Seen(address("/topic/A"))
		require.True(t, ok)
		require.Equal(t, protocol.FormatJSON, b.Dialect.Format)
		w.send("m2", "Hello#A", "", func(c *wire.Command) { c.Properties["gcFormat"] = "XML" })
		require.Len(t, w.rejects, 1)
		require.Contains(t, w.rejects[0], "XML")
	})
}

// TestFormatOfHelloHolds: Connect need not repeat it, and may name another [C27].
func TestFormatOfHelloHolds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		format := func(f string) func(*wire.Command) {
			return func(c *wire.Command) { c.Properties["gcFormat"] = f }
		}
		w.send("m1", "Hello#A", "", format("JSON"))
		w.got()
		w.send("m2", "Hello#A", "")
		require.Equal(t, []string{`/topic/A {"type":"System","status":"IN_SERVICE"} c-m2`}, w.got())
		w.send("m3", "Connect#1001", "A,pw")
		require.Equal(t, []string{`/topic/A {"type":"ConnectStatus","status":"ConnectSuccess"} c-m3`}, w.got())
		w.send("m4", "Connect#1001", "A,pw", format("DEFAULT"))
		require.Empty(t, w.got(), "success is silent in text")
		w.send("m5", "Hello#A", "")
		require.Equal(t, []string{"/topic/A System#IN_SERVICE c-m5"}, w.got())
		w.send("m6", "Hello#B", "")
		require.Equal(t, []string{"/topic/B System#IN_SERVICE c-m6"}, w.got(), "another destination has the node's")
	})
}

func TestExpiredCommandIsDropped(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.send("m1", "Hello#A", "", func(c *wire.Command) { c.Expires = c.Received.Add(-time.Millisecond) })
		w.send("m2", "Hello#B", "", func(c *wire.Command) { c.Expires = c.Received })
		require.Equal(t, []string{"m1", "m2"}, w.acks, "[C4]")
		require.EqualValues(t, 1, w.count("commands_expired"))
		require.Len(t, w.got(), 1, "one that expires right now is in time")
	})
}

func TestAge(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		aged := func(d time.Duration) func(*wire.Command) {
			return func(c *wire.Command) { c.Sent, c.ReplyTo = c.Received.Add(-d), address("/queue/r") }
		}
		w.send("m1", "MakeReady#1001", "", aged(30*time.Second))
		require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m1"}, w.got())
		w.send("m2", "MakeReady#1001", "", aged(30*time.Second+1))
		require.Equal(t, []string{"/queue/r 1001#Error#PLEASE_RETRY c-m2"}, w.got(), "[C4]")
		w.send("m3", "MakeReady#1001", "", func(c *wire.Command) { c.Sent, c.ReplyTo = time.Time{}, address("/queue/r") })
		require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m3"}, w.got(), "an age that is not known is no age")
		w.g.MaxAge = 0
		w.send("m4", "MakeReady#1001", "", aged(time.Hour))
		require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m4"}, w.got(), "off")
		require.EqualValues(t, 1, w.count("commands_too_old"))
	})
}

func TestCommandsAreLeftToOthersWhileStopping(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.g.Stop()
		w.send("m1", "Hello#A", "")
		require.Empty(t, w.acks)
		require.Empty(t, w.got())
		require.Zero(t, w.count("commands"))
	})
}

func TestRedeliveredCommandRunsOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hold = true
		for range 3 {
			w.send("m1", "Hello#A", "")
		}
		require.Len(t, w.sent, 1)
		require.EqualValues(t, 2, w.count("commands_redelivered"))
		require.EqualValues(t, 3, w.count("commands"))
		require.Empty(t, w.acks, "the broker does not have the answer yet")
		require.Equal(t, 1, w.g.Running())
		w.sent[0].Confirm(nil)
		require.Equal(t, []string{"m1", "m1", "m1"}, w.acks)
		require.Zero(t, w.g.Running())
	})
}

func TestConnect(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.send("m1", "Connect#1001", "A,pw")
		require.Equal(t, []string{"m1"}, w.acks)
		s := w.agents.Find("1001")
		require.NotNil(t, s)
		require.Equal(t, "/topic/A", s.Snapshot().Destination)
		b, ok := w.g.Book.LastKnown("1001")
		require.True(t, ok)
		require.Equal(t, address("/topic/A"), b.To)
		w.send("m2", "GetState#1001", "")
		require.Equal(t, []string{"/topic/A 1001#State#READY######1001#2001### c-m2"}, w.got())
	})
	for name, change := range map[string]func(*world){
		"without a Finesse": func(w *world) { w.down = true },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				change(w)
				w.send("m1", "Connect#1001", "A,pw")
				require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE c-m1"}, w.got())
				require.Nil(t, w.agents.Find("1001"))
			})
		})
	}
	t.Run("without a password", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.send("m1", "Connect#1001", "A")
			require.Equal(t, []string{"/topic/A 1001#Error#MISSING_PASSWORD c-m1"}, w.got())
		})
	})
	t.Run("to what cannot be used", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.send("m1", "Connect#1001", "A*,pw")
			require.Equal(t, []string{"not a destination"}, w.rejects)
			w.send("m2", "Connect#1001", "A*,pw", replyTo("/queue/r"))
			require.Equal(t, []string{"/queue/r 1001#Error#PLEASE_RETRY c-m2"}, w.got())
			require.Len(t, w.rejects, 2, "and a copy for people")
			require.Equal(t, []string{"m1", "m2"}, w.acks)
			require.EqualValues(t, 1, w.count("commands_rejected"))
			require.EqualValues(t, 1, w.count("commands_copied"))
		})
	})
}

func TestUnknownAgent(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.send("m1", "MakeReady#1001", "") // nobody knows where
		require.Equal(t, []string{"no destination to answer to (body)"}, w.rejects, "[C8]")
		w.send("m2", "MakeReady#1001", "", replyTo("/queue/r"))
		require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m2"}, w.got(), "[C5]")
		w.g.Book.Expect("1001", wire.Binding{To: address("/topic/A"), Dialect: w.g.Dialect})
		w.send("m3", "MakeReady#1001", "")
		require.Equal(t, []string{"/topic/A 1001#State#RE_LOGIN c-m3"}, w.got(), "where the client was last")
		w.send("m4", "MakeReady#1001", "", replyTo("/queue/r"))
		require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m4"}, w.got())
		require.Equal(t, []string{"m1", "m2", "m3", "m4"}, w.acks)
		require.EqualValues(t, 3, w.count("answers_O-007"))
	})
}

func TestBadCommands(t *testing.T) {
	for _, tc := range []struct {
		name, jmsType, body string
		known               bool // the agent is here
		reply               string
		rejected            string
		answered            string
	}{
		{"no JMSType", "", "x", false, "/queue/r", "no JMSType", ""},
		{"no id", "MakeReady", "x", false, "/queue/r", "no # in JMSType", ""},
		{"an unknown word, nowhere to answer", "Frob#1001", "x", false, "", `unknown command word "Frob"`, ""},
		{"an unknown word", "Frob#1001", "x", false, "/queue/r", `unknown command word "Frob"`, "/queue/r 1001#State#RE_LOGIN c-m1"},
		{"an unknown word of a known agent", "Frob#1001", "x", true, "/queue/r", `unknown command word "Frob"`, "/topic/A 1001#Error#PLEASE_RETRY c-m1"},
		{"without a parameter", "AnswerCall#1001", "", true, "", "", "/topic/A 1001#Error#MISSING_DIALOG_ID c-m1"},
		{"without a parameter, of nobody", "AnswerCall#1001", "", false, "/queue/r", "", "/queue/r 1001#State#RE_LOGIN c-m1"},
		{"without a parameter, of nobody, nowhere to answer", "AnswerCall#1001", "", false, "", "dialog_id is missing; no destination to answer to (body)", ""},
		{"a body that is too long", "MakeCall#1001", strings.Repeat("9", protocol.MaxBody+1), true, "", "body of 65537 bytes is over 65536 (body)", "/topic/A 1001#Error#PLEASE_RETRY c-m1"},
		{"a secret that is no text", "Login#1001", "\xff", true, "", "body is not UTF-8", "/topic/A 1001#Error#PLEASE_RETRY c-m1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				if tc.known {
					w.send("m0", "Connect#1001", "A,pw")
				}
				w.send("m1", tc.jmsType, tc.body, func(c *wire.Command) {
					if tc.reply != "" {
						c.ReplyTo = address(tc.reply)
					}
				})
				if tc.rejected == "" {
					require.Empty(t, w.rejects)
				} else {
					require.Equal(t, []string{tc.rejected}, w.rejects, "[C8]")
				}
				require.Equal(t, tc.answered, strings.Join(w.got(), "\n"))
				require.Contains(t, w.acks, "m1", "it never comes again")
			})
		})
	}
}

func TestAgentOfAnotherNode(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.elsewhere["1001"] = "/topic/A"
		w.late = true
		w.send("m1", "MakeReady#1001", "")
		require.Equal(t, []string{"/topic/A 1001#Error#PLEASE_RETRY c-m1"}, w.got(), "[C24]")
		require.Empty(t, w.fetched, "not only to be refused")
		require.EqualValues(t, 1, w.count("commands_overtaken"))
		w.send("m2", "GetState#1001", "")
		require.Equal(t, []string{"1001"}, w.fetched)
		require.NotNil(t, w.agents.Find("1001"))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Contains(t, w.acks, "m2", "their session has the command")
	})
	t.Run("who has just gone", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.elsewhere["1001"] = "gone"
			w.send("m1", "MakeReady#1001", "", replyTo("/queue/r"))
			require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m1"}, w.got())
		})
	})
	t.Run("who has just gone, perhaps to come here", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.elsewhere["1001"], w.settling = "gone", true
			w.send("m1", "GetState#1001", "", replyTo("/queue/r"))
			require.Empty(t, w.got(), "it waits for them")
			w.send("m2", "Connect#1001", "A,pw")
			time.Sleep(grace)
			synctest.Wait()
			out := w.got()
			require.Len(t, out, 1)
			require.Contains(t, out[0], "/topic/A 1001#State#READY#")
		})
	})
}

// TestReason: why a command is not served is said in the words of what is known.
func TestReason(t *testing.T) {
	bad, unusable := &protocol.ParseError{Reason: "no JMSType"}, errors.New("a wildcard")
	require.Equal(t, "no JMSType", (&call{bad: bad, toErr: unusable}).reason())
	require.Equal(t, "a wildcard", (&call{toErr: unusable}).reason())
	require.Equal(t, "no destination to answer to", (&call{}).reason())
}

// TestCommandsWaitForTheirAgent: when commands have just moved here, the agent of
// one may be on the way; later ones wait behind it, and all go on in order.
func TestCommandsWaitForTheirAgent(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.settling = true
		w.send("m1", "GetState#1001", "", replyTo("/queue/r"))
		w.send("m2", "refresh#1001", "", replyTo("/queue/r"))
		w.send("m3", "Beat#A", "")
		require.Equal(t, []string{"/topic/A DESTINATION#A#RECONNECT c-m3"}, w.got(), "others go on")
		require.EqualValues(t, 1, w.count("commands_awaiting_newcomers"))
		w.send("m4", "Connect#1001", "A,pw") // it comes
		time.Sleep(grace)
		synctest.Wait()
		out := w.got()
		require.Len(t, out, 3)
		require.Contains(t, out[0], "c-m1")
		require.Contains(t, out[1], "c-m2")
	})
	t.Run("in vain", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.settling = true
			w.send("m1", "GetState#1001", "", replyTo("/queue/r"))
			w.send("m2", "GetState#1001", "", replyTo("/queue/r"))
			require.Empty(t, w.got())
			time.Sleep(grace)
			synctest.Wait()
			require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m1", "/queue/r 1001#State#RE_LOGIN c-m2"}, w.got())
			w.send("m3", "GetState#1001", "", replyTo("/queue/r"))
			require.Empty(t, w.got(), "the next one waits anew")
			time.Sleep(grace)
			synctest.Wait()
			require.Len(t, w.got(), 1)
		})
	})
	t.Run("which have just gone on", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.settling = true
			c := w.g.read(w.command("m1", "GetState#1001", ""))
			c.ReplyTo = address("/queue/r")
			w.g.waitBehind(c)
			require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m1"}, w.got(), "it has no more to wait for")
		})
	})
	t.Run("and the node stops", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.settling = true
			w.send("m1", "GetState#1001", "", replyTo("/queue/r"))
			w.g.Stop()
			time.Sleep(grace)
			synctest.Wait()
			require.Empty(t, w.got())
			require.Empty(t, w.acks, "another node gets it")
		})
	})
}

func TestSupervisorsCommand(t *testing.T) {
	for name, change := range map[string]func(*wire.Command){
		"by the property":   func(c *wire.Command) { c.Properties["gcSupervisor"] = "1005" },
		"by the JMSReplyTo": func(c *wire.Command) { c.ReplyTo = address("/topic/S") },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.send("m0", "Connect#1005", "S,pw")
				w.send("m1", "GetState#1005", "")
				w.got()
				w.send("m2", "MakeReady#1001", "", change)
				require.Equal(t, []string{"/topic/S 1001#State#RE_LOGIN c-m2"}, w.got(), "[C15] the session looks, and knows no such member")
				w.send("m3", "MakeCall#1001", "9", change)
				require.EqualValues(t, 1, w.count("answers_O-007")+w.count("commands_rejected"), "only what a supervisor may: no session saw it")
			})
		})
	}
	t.Run("of somebody who is none", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.send("m2", "MakeReady#1001", "", func(c *wire.Command) { c.Properties["gcSupervisor"], c.ReplyTo = "1005", address("/queue/r") })
			require.Equal(t, []string{"/queue/r 1001#State#RE_LOGIN c-m2"}, w.got())
		})
	})
}

func TestFullMailbox(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.send("m0", "Connect#1001", "A,pw")
		s := session.New("1002", w.deps) // does not run
		b := wire.Binding{To: address("/topic/A"), Dialect: w.g.Dialect}
		c := &call{Command: w.command("m1", "MakeReady#1002", ""), to: b}
		c.cmd, _ = protocol.ParseCommand("MakeReady#1002", nil)
		w.g.Book.Expect("1002", b)
		for range 64 {
			w.g.offer(s, c, b)
		}
		require.Empty(t, w.got())
		w.g.offer(s, c, b)
		require.Equal(t, []string{"/topic/A 1002#Error#PLEASE_RETRY c-m1"}, w.got())
		require.EqualValues(t, 1, w.count("commands_refused_full"))
		w.g.offer(nil, c, b)
		require.Equal(t, []string{"/topic/A 1002#State#RE_LOGIN c-m1"}, w.got(), "the session has just ended")
		w.g.Stop()
		w.g.offer(nil, c, b)
		require.Empty(t, w.got(), "left to another node")
	})
}

func TestLostReply(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.refuse = errors.New("expired")
		w.send("m1", "Hello#A", "")
		require.Equal(t, []string{"m1"}, w.acks, "it does not come again")
		require.EqualValues(t, 1, w.count("replies_lost"))
		w.lose = errors.New("full")
		w.send("m2", "MakeReady", "")
		require.Equal(t, []string{"m1", "m2"}, w.acks)
		require.EqualValues(t, 1, w.count("rejects_lost"))
	})
}

// TestDefects: a command whose way has a defect is rejected and never comes again,
// here or to another node, and the next one is served.
func TestDefects(t *testing.T) {
	for where, tc := range map[string]struct {
		jmsType, reply string
		rejected       int
	}{
		"named":  {"Hello#A", "", 1},
		"send":   {"MakeReady#1001", "/queue/r", 1},
		"reject": {"MakeReady", "", 0},
	} {
		t.Run(where, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.breakAt(where)
				w.send("m1", tc.jmsType, "", func(c *wire.Command) {
					if tc.reply != "" {
						c.ReplyTo = address(tc.reply)
					}
				})
				require.Equal(t, []string{"m1"}, w.acks)
				require.Len(t, w.rejects, tc.rejected)
				for _, copied := range w.rejects {
					require.Equal(t, "a defect of gcbridge: see its log", copied, "without a body, which may hold a password")
				}
				require.Positive(t, w.count("panics_command"))
				require.EqualValues(t, 1-tc.rejected, w.count("panics_reject"))
				require.Positive(t, w.count("commands_rejected"))
				require.Zero(t, w.g.Running())
				w.breakAt("")
				w.send("m2", "Hello#B", "")
				require.Equal(t, []string{"m1", "m2"}, w.acks)
			})
		})
	}
	t.Run("behind a wait", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.settling = true
			w.send("m1", "GetState#1001", "", replyTo("/queue/r"))
			w.breakAt("send")
			time.Sleep(grace)
			synctest.Wait()
			require.Equal(t, []string{"m1"}, w.acks)
		})
	})
}

// TestNeitherTextNorBytes: what the body of such a message seems to say is nothing [C3].
func TestNeitherTextNorBytes(t *testing.T) {
	g := &Gateway{Config: Config{Log: zerolog.Nop()}}
	for _, tc := range []struct {
		jmsType, body string
		code          protocol.ErrorCode
		reason        string
	}{
		{"MakeReady#1001", "", protocol.ErrPleaseRetry, "neither a text nor a bytes message"},
		{"Login#1001", "{}", protocol.ErrPleaseRetry, "neither a text nor a bytes message"},
		{"", "", "", "no JMSType"},
	} {
		k := g.read(&wire.Command{Type: tc.jmsType, Body: []byte(tc.body), Neither: true})
		require.Equal(t, &protocol.ParseError{Err: tc.code, Reject: true, Reason: tc.reason}, k.bad, tc.jmsType)
	}
}
