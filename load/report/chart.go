package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The plane of a chart, in units of the picture.
const (
	chartWidth, chartHeight = 600, 220
	left, right             = 58, 12
	top, bottom             = 12, 28
)

// chart is a picture of values over time, ready for the page's template.
type chart struct {
	Title      string
	Width      int
	Height     int
	Left       int
	Right, Low int // where the plane ends
	X, Y       []tick
	Lines      []line
	Bars       []bar // that a pointer can be over
}

// tick is a mark of an axis.
type tick struct {
	At    string
	Label string
}

// line is one measure over time.
type line struct {
	Name  string
	Class string
	Path  string // of the line; it has gaps where nothing was measured
	Area  string // what is below it, "" = not drawn
	Dots  []dot  // points that no line leads to
}

type dot struct{ X, Y string }

// bar is a slice of the time, with what is to be read of it.
type bar struct{ X, Width, Title string }

// value is a measure of a slice; false: there is none.
type value func(Slice) (float64, bool)

// whenAny has a value only where something was measured.
func whenAny(of func(Times) float64) value {
	return func(s Slice) (float64, bool) { return of(s.Times), s.Count > 0 }
}

// latencyChart shows how long operations took over time.
func latencyChart(s Series, seconds float64) chart {
	c := newChart("latency over time", s, seconds, "ms", []measured{
		{"max", "max", whenAny(func(t Times) float64 { return t.Max }), false},
		{"p99", "p99", whenAny(func(t Times) float64 { return t.P99 }), false},
		{"p50", "p50", whenAny(func(t Times) float64 { return t.P50 }), false},
	})
	return c
}

// rateChart shows how many operations there were in a second.
func rateChart(s Series, seconds float64) chart {
	return newChart("rate over time", s, seconds, "/s", []measured{
		{"operations a second", "rate", func(sl Slice) (float64, bool) { return sl.Rate, true }, true},
	})
}

// measured is a line to draw.
type measured struct {
	name, class string
	of          value
	area        bool
}

func newChart(title string, s Series, seconds float64, unit string, lines []measured) chart {
	c := chart{Title: title, Width: chartWidth, Height: chartHeight, Left: left, Right: chartWidth - right, Low: chartHeight - bottom}
	most := 0.0
	for _, sl := range s.Slices {
		for _, m := range lines {
			if v, ok := m.of(sl); ok {
				most = max(most, v)
			}
		}
	}
	step := niceStep(most, 4)
	roof := math.Max(math.Ceil(most/step), 1) * step
	x := func(t float64) float64 {
		return left + float64(chartWidth-left-right)*math.Min(t/math.Max(seconds, 1e-9), 1)
	}
	y := func(v float64) float64 { return top + float64(chartHeight-top-bottom)*(1-v/roof) }
	for i := 0.0; i <= roof/step+0.5; i++ {
		c.Y = append(c.Y, tick{At: coord(y(i * step)), Label: label(i*step, unit)})
	}
	apart := niceStep(seconds, 6)
	for i := 0.0; i*apart <= seconds+1e-9; i++ {
		c.X = append(c.X, tick{At: coord(x(i * apart)), Label: trim(i*apart) + " s"})
	}
	for _, m := range lines {
		c.Lines = append(c.Lines, draw(s, m, x, y))
	}
	for _, sl := range s.Slices {
		from, to := x(sl.From), x(sl.From+s.Width)
		c.Bars = append(c.Bars, bar{X: coord(from), Width: coord(to - from), Title: sliceTitle(sl, s.Width)})
	}
	return c
}

// draw makes a line of one measure. A slice is drawn in its middle.
func draw(s Series, m measured, x, y func(float64) float64) line {
	out := line{Name: m.name, Class: m.class}
	var path, area strings.Builder
	var run []dot
	end := func() {
		switch {
		case len(run) == 1:
			out.Dots = append(out.Dots, run[0])
		case len(run) > 1:
			for i, d := range run {
				fmt.Fprintf(&path, "%s%s %s", move(i), d.X, d.Y)
			}
			fmt.Fprintf(&area, "M%s %s", run[0].X, coord(y(0)))
			for _, d := range run {
				fmt.Fprintf(&area, "L%s %s", d.X, d.Y)
			}
			fmt.Fprintf(&area, "L%s %sZ", run[len(run)-1].X, coord(y(0)))
		}
		run = nil
	}
	for _, sl := range s.Slices {
		v, ok := m.of(sl)
		if !ok {
			end()
			continue
		}
		run = append(run, dot{coord(x(sl.From + s.Width/2)), coord(y(v))})
	}
	end()
	out.Path = path.String()
	if m.area {
		out.Area = area.String()
	}
	return out
}

func move(i int) string {
	if i == 0 {
		return "M"
	}
	return "L"
}

func sliceTitle(s Slice, width float64) string {
	t := fmt.Sprintf("%s to %s s: %d operations", trim(s.From), trim(s.From+width), s.Count)
	if s.Count > 0 {
		t += fmt.Sprintf(", p50 %s, p99 %s, max %s", Short(s.P50), Short(s.P99), Short(s.Max))
	}
	return t
}

// niceStep is the least of 1, 2, 5, 10, ... (or a tenth of them, ...) of which n
// steps are enough for most.
func niceStep(most float64, n int) float64 {
	if most <= 0 {
		return 1
	}
	ten := math.Pow(10, math.Floor(math.Log10(most/float64(n))))
	for _, f := range []float64{1, 2, 5} {
		if f*ten*float64(n) >= most*(1-1e-9) {
			return f * ten
		}
	}
	return 10 * ten
}

func coord(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// trim writes a number without rounding errors.
func trim(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// label writes a value of the vertical axis.
func label(v float64, unit string) string {
	switch {
	case unit == "ms" && v >= 1000:
		return trim(v/1000) + " s"
	case unit == "ms":
		return trim(v) + " ms"
	case v >= 1000:
		return trim(v/1000) + "k" + unit
	}
	return trim(v) + unit
}
