package evaluation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"reverie/app/figure/paper"
	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/eval"
)

// series is a cell as drawn, with ceiling, floor and published value where they are.
func (d *drawer) series(name string, c *Cell, mark bool) paper.Series {
	nan := math.NaN()
	s := paper.Plain(name, c.Values, c.Mean, nan, nan)
	if c.Interval != nil {
		s.Low, s.High = c.Interval.Lower, c.Interval.Upper
	}
	if mark {
		ceiling, floor := c.Way, c.Way
		ceiling.Source, ceiling.ROI, floor.Source = session.True, "", session.Shuffled
		if o := d.cell(ceiling, c.Measure, c.Task); o != nil {
			s.Ceiling = o.Mean
		}
		if o := d.cell(floor, c.Measure, c.Task); o != nil {
			s.Floor = o.Mean
		}
	}
	if p, ok := published(c.Way, c.Measure, c.Task); ok && d.opt.Published {
		s.Published = p.Value
	}
	return s
}

func (d *drawer) dots(y string, groups []paper.Group, text string) (paper.Sheet, error) {
	kept := groups[:0]
	for _, g := range groups {
		if len(g.Series) > 0 {
			kept = append(kept, g)
		}
	}
	if len(kept) == 0 {
		return nil, ErrNothing
	}
	marks := ""
	for _, g := range kept {
		for _, s := range g.Series {
			if s.Ceiling == s.Ceiling || s.Floor == s.Floor {
				marks = "Grey ticks: the same from the stimuli's true features (ceiling) and from decoders trained on shuffled labels (floor)"
			}
		}
	}
	return paper.Dots{Title: d.of.ID + "  " + d.of.Title, Y: y, Groups: kept, Chance: 0.5, Low: 0, High: 1, Percent: true,
		Text: d.caption(text, d.intervals(), marks, "Dashed: chance, 50 %")}, nil
}

// way is the paper's: from VC, all layers.
func vc(of eval.Condition, prior bool) Way { return Way{of, "VC", whole, prior, session.Decoded} }

// priors is Fig. 2c.
func (d *drawer) priors() (paper.Sheet, error) {
	var groups []paper.Group
	for _, prior := range []bool{true, false} {
		g := paper.Group{Name: map[bool]string{true: "with the\ngenerator", false: "without the\ngenerator"}[prior]}
		for _, m := range d.relative() {
			if c := d.cell(vc(eval.SeenNatural, prior), m, eval.Whole); c != nil {
				g.Series = append(g.Series, d.series(MeasureName(m), c, true))
			}
		}
		groups = append(groups, g)
	}
	return d.dots("Correct (%)", groups, "Quality of reconstructions of seen natural images from VC with DNN1–8, each tested against all other images")
}

// quality is Fig. 3b, 3f, 4c.
func (d *drawer) quality(of ...eval.Condition) (paper.Sheet, error) {
	var groups []paper.Group
	for _, c := range of {
		g := paper.Group{Name: string(c)}
		for _, m := range d.relative() {
			if cell := d.cell(vc(c, false), m, eval.Whole); cell != nil {
				g.Series = append(g.Series, d.series(MeasureName(m), cell, true))
			}
		}
		groups = append(groups, g)
	}
	return d.dots("Correct (%)", groups, "Quality of reconstructions from VC with DNN1–8, without the generator, each tested against all other images of its type")
}

// areaScores is Fig. 3d.
func (d *drawer) areaScores() (paper.Sheet, error) {
	var groups []paper.Group
	for _, roi := range results.Areas {
		g := paper.Group{Name: roi}
		w := vc(eval.SeenShapes, false)
		w.ROI = roi
		for _, t := range []eval.Task{eval.ByShape, eval.ByColour, eval.ByColour6} {
			if c := d.cell(w, d.best(), t); c != nil {
				name := map[eval.Task]string{eval.ByShape: "shape", eval.ByColour: "colour", eval.ByColour6: "colour, six of one luminance"}[t]
				g.Series = append(g.Series, d.series(name, c, false))
			}
		}
		groups = append(groups, g)
	}
	var tests []string
	for _, t := range d.Tests {
		if t.Family == "task × area" && t.Measure == d.best() {
			tests = append(tests, fmt.Sprintf("%s: %s", strings.TrimPrefix(t.Name, "seen shapes: task × area, "), t.APA))
		}
	}
	test := ""
	if len(tests) > 0 {
		test = " Interaction of task and area, " + strings.Join(tests, "; ")
	}
	s, err := d.dots("Correct (%)", groups, "Shape score: each reconstruction tested against originals of the same colour; colour score: of the same shape. "+MeasureName(d.best())+"."+test)
	if dots, ok := s.(paper.Dots); ok {
		dots.Lines = true
		return dots, err
	}
	return s, err
}

// best is what shape and colour by area are shown by: the measure that most areas have, people's judgement before pixels.
func (d *drawer) best() Measure {
	out, most := Identification, 0
	for _, m := range d.relative() {
		n := 0
		for _, c := range d.Cells {
			if c.Measure == m && c.Task == eval.ByShape && c.Condition == eval.SeenShapes && c.Subject == "" && c.Source == session.Decoded {
				n++
			}
		}
		if n > most || n == most && n > 0 && m == Human {
			out, most = m, n
		}
	}
	return out
}

// imaginedTasks is Fig. 4d.
func (d *drawer) imaginedTasks() (paper.Sheet, error) {
	var groups []paper.Group
	for _, t := range []eval.Task{eval.ByColour, eval.ByShape} {
		g := paper.Group{Name: map[eval.Task]string{eval.ByColour: "colour", eval.ByShape: "shape"}[t]}
		for _, m := range d.relative() {
			if c := d.cell(vc(eval.ImaginedShapes, false), m, t); c != nil {
				g.Series = append(g.Series, d.series(MeasureName(m), c, false))
			}
		}
		groups = append(groups, g)
	}
	return d.dots("Correct (%)", groups, "Reconstructions of imagined shapes from VC tested against originals of the same shape (colour) and of the same colour (shape)")
}

// layerSets are those that natural images were reconstructed with.
func (d *drawer) layerSets() []string {
	sets := results.Values(d.Catalogue.Select(results.Filter{results.Condition: {string(eval.SeenNatural)}, results.Prior: {"pixels"}, results.ROI: {"VC"}, results.Source: {string(session.Decoded)}}), results.Layers)
	if len(sets) < 2 {
		return nil
	}
	return sets
}

// layerScores is Fig. 2e: the winning percentage where people judged, else pixel correlation, which the caption says.
func (d *drawer) layerScores() (paper.Sheet, error) {
	m, task, y := Correlation, eval.Task(""), "Pixel correlation"
	text := "The paper shows how often raters preferred a set of layers; without ratings this is the pixel correlation of the reconstructions with their originals"
	if slices.ContainsFunc(d.Cells, func(c Cell) bool { return c.Measure == Winning }) {
		m, y, text = Winning, "Winning percentage (%)", "How often raters judged the reconstruction from a set of layers the better of two of the same image"
	}
	g := []paper.Group{}
	for _, l := range d.layerSets() {
		w := vc(eval.SeenNatural, false)
		w.Layers = l
		if c := d.cell(w, m, task); c != nil {
			g = append(g, paper.Group{Name: l, Series: []paper.Series{d.series("", c, false)}})
		}
	}
	if len(g) < 2 {
		return nil, ErrNothing
	}
	out := paper.Dots{Title: d.of.ID + "  " + d.of.Title, Y: y, Groups: g, Chance: math.NaN(), Lines: true, Text: d.caption("Seen natural images from VC, without the generator. "+text, d.intervals())}
	if m == Winning {
		out.Chance, out.High, out.Percent = 0.5, 1, true
	}
	return out, nil
}
