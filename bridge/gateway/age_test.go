package gateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
)

// producer makes a command one of a client whose clock is off, after it waited.
func producer(process string, ahead, waited time.Duration) func(*wire.Command) {
	return func(c *wire.Command) {
		c.MessageID = fmt.Sprintf("ID:%s-41231-1568724000000-3:1:1:1:%s", process, c.MessageID)
		c.Sent, c.ReplyTo = c.Received.Add(ahead-waited), address("/queue/r")
	}
}

// TestClocksThatAreOff: a client that is 31 s slow, or a node that is 40 s fast, is
// served; what waited for longer than GC_COMMAND_MAX_AGE is not.
func TestClocksThatAreOff(t *testing.T) {
	const served, tooOld = "1001#State#RE_LOGIN", "1001#Error#PLEASE_RETRY"
	for name, behind := range map[string]time.Duration{
		"a client 31 s slow": 31 * time.Second, "a node 40 s fast": 40 * time.Second, "a client an hour fast": -time.Hour, "right": 0,
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				time.Sleep(2 * time.Second)
				for i, step := range []struct {
					waited time.Duration
					want   string
				}{{0, served}, {29 * time.Second, served}, {31 * time.Second, tooOld}, {0, served}} {
					w.send(fmt.Sprint(i), "MakeReady#1001", "", producer("crm", -behind, step.waited))
					require.Contains(t, w.got()[0], step.want, "waited %s", step.waited)
				}
				off := behind.Abs() > 5*time.Second
				require.Equal(t, off, w.count("clocks_off_producer") == 1, "counted once")
				if list := w.g.ClocksOff(); off {
					require.Len(t, list, 1)
					require.Equal(t, behind, list[0].Behind)
					require.Equal(t, "crm-41231-1568724000000", list[0].Name)
				} else {
					require.Empty(t, list)
				}
			})
		})
	}
}

// TestTimeToLiveOfASlowClient: it counts from when the command was sent [C4].
func TestTimeToLiveOfASlowClient(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		time.Sleep(2 * time.Second)
		ttl := func(c *wire.Command) { c.Expires = c.Sent.Add(10 * time.Second) }
		w.send("1", "Hello#A", "", producer("crm", -31*time.Second, 0), ttl)
		require.Len(t, w.got(), 1)
		w.send("2", "Hello#A", "", producer("crm", -31*time.Second, 11*time.Second), ttl)
		require.Empty(t, w.got())
		require.EqualValues(t, 1, w.count("commands_expired"))
	})
}

// TestBacklogAfterAnOutage: a node that begins does not take what has waited for clocks that are off.
func TestBacklogAfterAnOutage(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		time.Sleep(time.Minute)
		begun := time.Now()
		old := func(c *wire.Command) { c.Consuming = begun }
		for i := range 5 {
			w.send(fmt.Sprint(i), "MakeReady#1001", "", producer(fmt.Sprint("crm", i), 0, 60*time.Second), old)
			require.Contains(t, w.got()[0], "PLEASE_RETRY")
		}
		w.g.BrokerClock(time.Now().Add(-40*time.Second), time.Now())
		require.EqualValues(t, 1, w.count("clocks_off_broker"))
		w.send("6", "MakeReady#1001", "", producer("crm6", -40*time.Second, time.Second), old)
		require.Contains(t, w.got()[0], "RE_LOGIN", "judged by the broker's clock")
	})
}

// TestFullWindow: what comes while this node has as much as it may hold may have waited.
func TestFullWindow(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		time.Sleep(2 * time.Second)
		w.g.ages.prefetch = 1
		w.hold = true
		w.send("1", "MakeReady#1001", "", producer("crm", 0, 0))
		w.send("2", "MakeReady#1001", "", producer("other", 0, time.Minute))
		require.Contains(t, w.got()[1], "PLEASE_RETRY")
	})
}

// TestRefusingMost: a node whose view of time must be wrong says so.
func TestRefusingMost(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		time.Sleep(2 * time.Second)
		w.send("0", "MakeReady#1001", "", producer("crm", 0, 0))
		require.False(t, w.g.Refusing())
		for i := range 12 {
			w.send(fmt.Sprint(i+1), "MakeReady#1001", "", producer("crm", 0, time.Duration(40+3*(i%4))*time.Second))
		}
		require.True(t, w.g.Refusing())
		time.Sleep(6 * time.Minute)
		require.False(t, w.g.Refusing(), "it is tried again")
	})
}
