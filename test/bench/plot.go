package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// bar is a group of a bar chart: a value for each name, absent where there is none.
type bar struct {
	group  string
	values map[string]float64
}

// curve is a line of a line chart: points by x.
type curve struct {
	name string
	x, y []float64
}

// The size of a plot and of its margins, in pixels.
const (
	plotWidth, plotHeight                       = 720.0, 360.0
	leftMargin, rightMargin, topMargin, belowIt = 70.0, 20.0, 62.0, 46.0
)

// colours tell names apart, also for those who see fewer colours.
var colours = []string{"#0072b2", "#e69f00", "#009e73", "#cc79a7"}

// plot is an SVG that grows.
type plot struct{ b strings.Builder }

func newPlot(title, unit string) *plot {
	p := &plot{}
	p.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12" role="img">`, plotWidth, plotHeight)
	p.add(`<title>%s</title><rect width="100%%" height="100%%" fill="#fff"/>`, html.EscapeString(title))
	p.add(`<text x="%g" y="20" font-size="15" font-weight="bold">%s</text>`, leftMargin, html.EscapeString(title))
	p.add(`<text x="8" y="%g" fill="#555">%s</text>`, topMargin-10, html.EscapeString(unit))
	return p
}

func (p *plot) add(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *plot) String() string { return p.b.String() + "</svg>\n" }

// legend names the colours.
func (p *plot) legend(names []string) {
	x := leftMargin
	for i, name := range names {
		p.add(`<rect x="%g" y="30" width="12" height="12" fill="%s"/><text x="%g" y="41">%s</text>`, x, colours[i%len(colours)], x+17, html.EscapeString(name))
		x += 40 + 7*float64(len(name))
	}
}

// axis draws the scale from 0 to a round number above most, and returns how a value becomes y.
func (p *plot) axis(most float64) func(float64) float64 {
	step, top := scale(most)
	bottom := plotHeight - belowIt
	at := func(v float64) float64 { return bottom - v/top*(bottom-topMargin) }
	for i := 0; float64(i)*step <= top*1.0001; i++ {
		v := float64(i) * step
		p.add(`<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end">%s</text>`,
			leftMargin, plotWidth-rightMargin, at(v), at(v), leftMargin-6, at(v)+4, number(v))
	}
	return at
}

// scale is the distance of the lines and the end of an axis that reaches to most.
func scale(most float64) (step, top float64) {
	if most <= 0 {
		return 1, 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(most))-1)
	for _, n := range []float64{1, 2, 5, 10, 20, 50} {
		if step = n * unit; most/step <= 8 {
			break
		}
	}
	return step, math.Ceil(most/step) * step
}

// number writes a value without digits that do not count.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.3g", v)
	case a == 0:
		return "0"
	}
	return fmt.Sprintf("%.2g", v)
}

// bars draws groups of bars side by side.
func bars(title, unit string, names []string, groups []bar) string {
	p := newPlot(title, unit)
	p.legend(names)
	most := 0.0
	for _, g := range groups {
		for _, v := range g.values {
			most = max(most, v)
		}
	}
	at := p.axis(most)
	wide := (plotWidth - leftMargin - rightMargin) / float64(max(len(groups), 1))
	each := wide * 0.8 / float64(max(len(names), 1))
	for i, g := range groups {
		left := leftMargin + wide*(float64(i)+0.1)
		for k, name := range names {
			v, ok := g.values[name]
			if !ok {
				continue
			}
			x := left + each*float64(k)
			p.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/><text x="%.1f" y="%.1f" text-anchor="middle" font-size="11">%s</text>`,
				x, at(v), each*0.92, at(0)-at(v), colours[k%len(colours)], x+each*0.46, at(v)-4, number(v))
		}
		p.add(`<text x="%.1f" y="%g" text-anchor="middle">%s</text>`, left+wide*0.4, plotHeight-belowIt+20, html.EscapeString(g.group))
	}
	return p.String()
}

// lines draws curves over a common x.
func lines(title, unit, below string, curves []curve) string {
	p := newPlot(title, unit)
	var names []string
	var right, most float64
	for _, c := range curves {
		names = append(names, c.name)
		if len(c.x) > 0 {
			right, most = max(right, slices.Max(c.x)), max(most, slices.Max(c.y))
		}
	}
	p.legend(names)
	at := p.axis(most)
	step, end := scale(right)
	across := func(v float64) float64 { return leftMargin + v/end*(plotWidth-leftMargin-rightMargin) }
	for i := 0; float64(i)*step <= end*1.0001; i++ {
		v := float64(i) * step
		p.add(`<text x="%.1f" y="%g" text-anchor="middle">%s</text>`, across(v), plotHeight-belowIt+18, number(v))
	}
	p.add(`<text x="%g" y="%g" text-anchor="middle" fill="#555">%s</text>`, (leftMargin+plotWidth-rightMargin)/2, plotHeight-8, html.EscapeString(below))
	for i, c := range curves {
		var points []string
		for k := range c.x {
			points = append(points, fmt.Sprintf("%.1f,%.1f", across(c.x[k]), at(c.y[k])))
			p.add(`<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, across(c.x[k]), at(c.y[k]), colours[i%len(colours)])
		}
		p.add(`<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), colours[i%len(colours)])
	}
	return p.String()
}
