package evaluation

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"path/filepath"
	"strings"

	"reverie/app/export"
	"reverie/compute/eval"
	"reverie/compute/stats"
)

// Drawn is a figure of a report.
type Drawn struct {
	ID      string // as 2a
	Title   string
	Caption string
	SVG     []byte
}

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"pct":     percent,
	"p":       stats.PValue,
	"taskof":  TaskName,
	"measure": MeasureName,
	"apa":     Cell.Text,
	"join":    func(s []string) string { return strings.Join(s, ", ") },
}).Parse(pageText))

// page writes the report as one file that needs no other.
func (r *Report) page(path string, figures []Drawn) error {
	type drawn struct {
		Drawn
		Picture template.HTML
	}
	data := struct {
		*Report
		Title   string
		Text    string
		Pooled  []Cell
		Apart   []Cell
		Figures []drawn
	}{Report: r, Title: "Evaluation of " + strings.Join(base(r.Spec.Paths), ", "), Text: r.Methods()}
	for _, c := range r.Cells {
		if c.Subject == "" {
			data.Pooled = append(data.Pooled, c)
		} else {
			data.Apart = append(data.Apart, c)
		}
	}
	for _, f := range figures {
		svg := f.SVG
		if i := bytes.Index(svg, []byte("<svg")); i > 0 {
			svg = svg[i:] // without the XML declaration
		}
		data.Figures = append(data.Figures, drawn{f, template.HTML(svg)}) // our own drawing; texts in it are escaped there
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return export.File(path, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err })
}

func base(paths []string) (out []string) {
	for _, p := range paths {
		out = append(out, filepath.Base(p))
	}
	return out
}

func percent(x float64) string { return fmt.Sprintf("%.1f", 100*x) }

// Text is a mean with its interval: in percent where there is a chance, else as it is.
func (c Cell) Text() string {
	if c.Interval == nil {
		if c.Chance > 0 {
			return fmt.Sprintf("%s %%, n = %d", percent(c.Mean), len(c.Values))
		}
		return fmt.Sprintf("%.3f, n = %d", c.Mean, len(c.Values))
	}
	if c.Chance > 0 {
		return fmt.Sprintf("%s %% [%s, %s], n = %d", percent(c.Mean), percent(c.Interval.Lower), percent(c.Interval.Upper), len(c.Values))
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f], n = %d", whole3(c.Mean), whole3(c.Interval.Lower), whole3(c.Interval.Upper), len(c.Values))
}

// whole3 rounds to three decimals, so that there is no −0.
func whole3(x float64) float64 { return math.Round(1000*x)/1000 + 0 }

// TaskName names a task for people.
func TaskName(t eval.Task) string {
	switch t {
	case eval.Whole:
		return "among all"
	case eval.ByShape:
		return "shape (same colour)"
	case eval.ByColour:
		return "colour (same shape)"
	case eval.ByColour6:
		return "colour of one luminance"
	}
	return ""
}

// MeasureName names a measure for people.
func MeasureName(m Measure) string {
	switch m {
	case Identification:
		return "Pairwise identification"
	case Correlation:
		return "Pixel correlation"
	case Best:
		return "Best of all"
	case PixCorr:
		return "PixCorr"
	case SSIM:
		return "SSIM"
	case SSIMColour:
		return "SSIM, RGB"
	case Human:
		return "Human judgement"
	}
	return "Identification in " + m.Layer()
}
