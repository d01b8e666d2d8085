package report

import (
	_ "embed" // for the page
	"html/template"
	"io"
	"time"
)

//go:embed page.html
var pageText string

// charts of a series.
type charts struct {
	Name          string
	Latency, Rate chart
}

// WriteHTML writes the report as one page that needs nothing else.
func (r Report) WriteHTML(w io.Writer) error {
	page, err := template.New("page").Funcs(template.FuncMap{
		"short":  Short,
		"rate":   perSecond,
		"digits": digits,
		"day":    func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 MST") },
		"charts": func(p Phase) (all []charts) {
			for _, s := range p.Series {
				if s.Count > 0 {
					all = append(all, charts{Name: s.Name, Latency: latencyChart(s, p.Seconds), Rate: rateChart(s, p.Seconds)})
				}
			}
			return all
		},
		"workers": func(r Report) (with []Phase) {
			for _, p := range r.Phases {
				if p.Worker != nil {
					with = append(with, p)
				}
			}
			return with
		},
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return page.Execute(w, r)
}
