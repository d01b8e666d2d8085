package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticksPerSecond of the times in /proc/PID/stat: Linux shows them so to every
// program, whatever its clock.
const ticksPerSecond = 100

// reading is what /proc tells of a process.
type reading struct {
	resident, peak float64 // MiB
	cpu            float64 // seconds
}

// Watch reads a process on this machine from /proc, and its number of goroutines
// from the admin address, if it has one.
type Watch struct {
	pid        int
	goroutines func(context.Context) (int, error) // nil: nobody knows
	failed     func(error)
	before     reading
}

// NewWatch looks at a process for the first time; the error says that it is not
// there, or not readable. goroutines (may be nil) asks the worker for their number.
// failed is told what could not be read later.
func NewWatch(pid int, goroutines func(context.Context) (int, error), failed func(error)) (*Watch, error) {
	r, err := readProcess("/proc", pid)
	if err != nil {
		return nil, err
	}
	return &Watch{pid: pid, goroutines: goroutines, failed: failed, before: r}, nil
}

// Begin implements [Worker].
func (w *Watch) Begin() {
	r, err := readProcess("/proc", w.pid)
	if err != nil {
		w.failed(err)
		return
	}
	w.before = r
}

// End implements [Worker].
func (w *Watch) End(operations int) Use {
	r, err := readProcess("/proc", w.pid)
	if err != nil {
		w.failed(err)
		return Use{}
	}
	u := Use{ResidentMiB: r.resident, PeakMiB: r.peak, CPUSeconds: r.cpu - w.before.cpu}
	if operations > 0 {
		u.CPUPerOperation = u.CPUSeconds * 1000 / float64(operations)
	}
	if w.goroutines != nil {
		if u.Goroutines, err = w.goroutines(context.Background()); err != nil {
			w.failed(err)
		}
	}
	return u
}

func readProcess(proc string, pid int) (r reading, err error) {
	dir := filepath.Join(proc, strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return r, fmt.Errorf("load: process %d: %w", pid, err)
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return r, fmt.Errorf("load: process %d: %w", pid, err)
	}
	if r.cpu, err = cpuSeconds(string(stat)); err != nil {
		return r, fmt.Errorf("load: process %d: %w", pid, err)
	}
	r.resident, r.peak = mebibytes(string(status), "VmRSS:"), mebibytes(string(status), "VmHWM:")
	return r, nil
}

var errStat = errors.New("/proc/PID/stat is not as Linux writes it")

// cpuSeconds reads utime and stime, fields 14 and 15. The second field is the
// name of the program in brackets, which may hold anything.
func cpuSeconds(stat string) (float64, error) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, errStat
	}
	fields := strings.Fields(stat[end+1:])
	if len(fields) < 13 {
		return 0, errStat
	}
	var ticks float64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errStat, err)
		}
		ticks += n
	}
	return ticks / ticksPerSecond, nil
}

// mebibytes reads a line of /proc/PID/status, in kB there; 0 if it is not there.
func mebibytes(status, name string) float64 {
	for line := range strings.Lines(status) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == name {
			kib, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				return 0
			}
			return kib / 1024
		}
	}
	return 0
}
