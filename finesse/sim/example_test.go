package sim_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"gcbridge/finesse/sim"
)

// run starts a simulator, as sim.Start does for a test, and returns what ends it.
func run(cfg sim.Config) (s *sim.Server, stop func()) {
	s, err := sim.New(cfg)
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() { cancel(); <-done }
}

// put sends a change as agent 1001 and returns the status.
func put(url, body string) string {
	req, err := http.NewRequest(http.MethodPut, url, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	req.SetBasicAuth("1001", "pw1001")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Status
}

// until waits for the simulator, which carries out a request after its 202.
func until(what func() bool) {
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(10 * time.Second); !what() && time.Now().Before(deadline); {
		<-poll.C
	}
}

// A simulator has agents, queues and phone books of its own, and plays both
// sides of a call. In a test, sim.Start(t) does what run does here.
func Example() {
	s, stop := run(sim.Config{})
	defer stop()
	agent := func() sim.AgentSnapshot { a, _ := s.Agent("1001"); return a }
	reach := func(state string) { until(func() bool { return string(agent().State) == state }) }

	fmt.Println(put(s.RESTURL()+"/User/1001", "<User><state>LOGIN</state><extension>2001</extension></User>"))
	reach("NOT_READY")
	fmt.Println(put(s.RESTURL()+"/User/1001", "<User><state>READY</state></User>"))
	reach("READY")
	if _, err := s.Call("5551000", "2001"); err != nil {
		fmt.Println(err)
	}
	fmt.Println(agent().State, "with", len(agent().Dialogs), "call")
	// Output:
	// 202 Accepted
	// 202 Accepted
	// RESERVED with 1 call
}

// The next request on 1001 is refused, and the events of the one after it are lost.
func ExampleServer_AddFault() {
	s, stop := run(sim.Config{})
	defer stop()
	for _, f := range []sim.Fault{
		{Path: "/finesse/api/User/1001", Method: "PUT", Status: 503, Count: 1},
		{Events: sim.DropEvents, Agent: "1001", Count: 1},
	} {
		if err := s.AddFault(f); err != nil {
			fmt.Println(err)
		}
	}
	const login = "<User><state>LOGIN</state><extension>2001</extension></User>"
	fmt.Println(put(s.RESTURL()+"/User/1001", login))
	fmt.Println(put(s.RESTURL()+"/User/1001", login))
	fmt.Println(len(s.Requests()), "requests")
	// Output:
	// 503 Service Unavailable
	// 202 Accepted
	// 2 requests
}
