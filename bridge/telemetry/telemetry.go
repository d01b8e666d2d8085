// Package telemetry is what the worker counts and times: one row for each
// counter and stage. /status is a sink of the rows; the registry is the door for
// others.
package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/rs/zerolog"

	"gcbridge/protocol/defect"
)

// namespace heads the name of each metric.
const namespace = "gcbridge"

// Telemetry counts and times. Make one with [New]; it is safe for concurrent
// use and its methods do not block. A nil Telemetry counts nothing.
type Telemetry struct {
	registry *prometheus.Registry
	counters [counters]*prometheus.CounterVec
	timing   func(Stage, time.Duration)
	repeats  repeats
}

// New makes counters that stand at zero. timing (may be nil) is called with each
// measured stretch, from any goroutine; it must not block.
func New(timing func(Stage, time.Duration)) *Telemetry {
	t := &Telemetry{registry: prometheus.NewRegistry(), timing: timing}
	for c, r := range rows {
		var labels []string
		if r.label != "" {
			labels = []string{r.label}
		}
		t.counters[c] = prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: r.name + "_total", Help: r.help,
		}, labels)
		t.registry.MustRegister(t.counters[c])
	}
	return t
}

// Registry holds every counter, for a sink.
func (t *Telemetry) Registry() *prometheus.Registry { return t.registry }

// Count adds one to a counter without a label.
func (t *Telemetry) Count(c Counter) {
	if t != nil {
		t.counters[c].WithLabelValues().Inc()
	}
}

// CountBy adds one to a value of a counter with a label. Values are few and
// fixed: never a name that a client chose.
func (t *Telemetry) CountBy(c Counter, value string) {
	if t != nil {
		t.counters[c].WithLabelValues(value).Inc()
	}
}

// Time notes how long a stage took.
func (t *Telemetry) Time(s Stage, d time.Duration) {
	if t != nil && t.timing != nil {
		t.timing(s, d)
	}
}

// Counts are the counters that have counted anything, for /status: by name, and
// by name_value where there is a label.
func (t *Telemetry) Counts() map[string]uint64 {
	counts := map[string]uint64{}
	if t == nil {
		return counts
	}
	for c, r := range rows {
		for value, n := range valuesOf(t.counters[c]) {
			name := r.name
			if r.label != "" {
				name += "_" + value
			}
			counts[name] = n
		}
	}
	return counts
}

// valuesOf reads a counter, by the value of its label, "" without one.
func valuesOf(v *prometheus.CounterVec) map[string]uint64 {
	metrics := make(chan prometheus.Metric)
	go func() {
		v.Collect(metrics)
		close(metrics)
	}()
	values := map[string]uint64{}
	for m := range metrics {
		var d dto.Metric
		if err := m.Write(&d); err != nil {
			continue // it cannot fail for a counter
		}
		value := ""
		if len(d.GetLabel()) > 0 {
			value = d.GetLabel()[0].GetValue()
		}
		values[value] = uint64(d.GetCounter().GetValue())
	}
	return values
}

// Contain runs step. A panic in it is logged and counted with where it was, and
// then failed (may be nil) is called: a defect costs what it was about, never
// the process.
func (t *Telemetry) Contain(log zerolog.Logger, where string, step, failed func()) {
	err := defect.Contain(log, where, func() error { step(); return nil })
	if err == nil {
		return
	}
	t.CountBy(Panics, where)
	if failed != nil {
		failed()
	}
}
