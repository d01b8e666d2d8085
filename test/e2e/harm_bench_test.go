package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge"
	"gcbridge/finesse/sim"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// BenchmarkInventedClients reports what 5,000 invented agents and 5,000 invented
// destinations leave behind in a `gcbridge serve` process: memory in MiB,
// sessions, destinations, and how many messages one change of Finesse's status is
// then. It measures once, whatever b.N says.
func BenchmarkInventedClients(b *testing.B) {
	amq := brokertest.ActiveMQ(b, brokertest.Stock())
	fin := sim.Start(b, sim.WithScale(100))
	pid, admin := serve(b, amq.URL(), fin)
	p := newPhone(b, amq.URL(), "/queue/invented")
	b.ReportMetric(residentMiB(b, pid), "MiB-before")
	invent(p, 5000, 5000)
	var st bridge.Status
	settled := func() bool {
		st = statusOf(b, admin)
		return st.Running == 0 && st.Broker.Waiting == 0
	}
	require.True(b, wait.Until(patience, settled))
	b.ReportMetric(residentMiB(b, pid), "MiB-after")
	b.ReportMetric(float64(len(st.Agents)), "sessions")
	b.ReportMetric(float64(st.Bound), "destinations")
	before := st.Broker.Published
	require.NoError(b, fin.SetStatus("OUT_OF_SERVICE"))
	require.True(b, wait.Until(patience, func() bool { return settled() && st.System != "IN_SERVICE" && st.Broker.Published > before }))
	require.True(b, wait.Until(patience, settled))
	b.ReportMetric(float64(st.Broker.Published-before), "messages/change")
}

// statusOf is the document of a node's /status.
func statusOf(t testing.TB, admin string) (st bridge.Status) {
	t.Helper()
	resp, err := http.Get("http://" + admin + "/status")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&st))
	return st
}
