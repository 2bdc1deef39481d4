package vm

import (
	"maps"
	"slices"
	"unicode"

	"reverie/app/session"
	"reverie/compute/brain"
)

// Accuracies are feature decoding accuracies of layers and regions as they come.
type Accuracies struct {
	Layers []string // in forward order
	ROIs   []string // in order of arrival, as Conditions
	// Conditions are what was measured.
	Conditions []string

	of map[partKey][]session.Accuracy
}

// NewAccuracies has room for layers.
func NewAccuracies(layers []string) *Accuracies {
	return &Accuracies{Layers: layers, of: map[partKey][]session.Accuracy{}}
}

// Add takes what was measured on a part; nothing is left out.
func (a *Accuracies) Add(p session.TrainPart, list []session.Accuracy) {
	if len(list) == 0 {
		return
	}
	if !slices.Contains(a.ROIs, p.ROI) {
		a.ROIs = append(a.ROIs, p.ROI)
	}
	if !slices.Contains(a.Layers, p.Layer) {
		a.Layers = append(slices.Clone(a.Layers), p.Layer)
	}
	for _, x := range list {
		if !slices.Contains(a.Conditions, x.Condition) {
			a.Conditions = append(a.Conditions, x.Condition)
		}
	}
	a.of[keyOf(p)] = list
}

func (a *Accuracies) clone() *Accuracies {
	return &Accuracies{Layers: slices.Clone(a.Layers), ROIs: slices.Clone(a.ROIs), Conditions: slices.Clone(a.Conditions), of: maps.Clone(a.of)}
}

// Empty reports whether nothing was measured.
func (a *Accuracies) Empty() bool { return a == nil || len(a.of) == 0 }

// Series is a line of the plot: a point per layer that is measured.
type Series struct {
	Name   string
	Points []SeriesPoint
}

// SeriesPoint is a mean with its 95 % interval.
type SeriesPoint struct {
	Layer           int // in Layers
	Mean, Low, High float64
}

// Series are the lines of the plot: of one region a line for each condition; of
// several a line for each region, on the condition asked for, or the first.
func (a *Accuracies) Series(condition string) []Series {
	if a.Empty() {
		return nil
	}
	var out []Series
	if len(a.ROIs) == 1 {
		for _, c := range a.Conditions {
			out = append(out, Series{ConditionTitle(c), a.line(a.ROIs[0], c)})
		}
		return out
	}
	if !slices.Contains(a.Conditions, condition) {
		condition = a.Conditions[0]
	}
	for _, roi := range a.ROIs {
		out = append(out, Series{roi, a.line(roi, condition)})
	}
	return out
}

// line is the accuracy of a region's decoders, layer by layer. Folds are
// averaged, weighted by their units, and so are their intervals: decoders of the
// same unit in two folds are too alike for a narrower one.
func (a *Accuracies) line(roi, condition string) []SeriesPoint {
	type sum struct{ n, mean, low, high float64 }
	sums := make([]sum, len(a.Layers))
	for k, list := range a.of {
		if k.roi != roi {
			continue
		}
		i := slices.Index(a.Layers, k.layer)
		for _, x := range list {
			if x.Condition == condition && x.Units > 0 && x.Mean == x.Mean {
				n := float64(x.Units)
				s := &sums[i]
				s.n, s.mean, s.low, s.high = s.n+n, s.mean+n*x.Mean, s.low+n*x.Low, s.high+n*x.High
			}
		}
	}
	var out []SeriesPoint
	for i, s := range sums {
		if s.n > 0 {
			out = append(out, SeriesPoint{i, s.mean / s.n, s.low / s.n, s.high / s.n})
		}
	}
	return out
}

// ConditionTitle names what accuracy was measured on for people: a session by
// its title, another name with its words apart.
func ConditionTitle(c string) string {
	if t := SessionTitle(brain.Session(c)); t != c {
		return t
	}
	var out []rune
	last := 'A'
	for i, r := range c {
		switch {
		case i == 0:
			r = unicode.ToUpper(r)
		case r == '_':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(last):
			out = append(out, ' ')
			r = unicode.ToLower(r)
		}
		out, last = append(out, r), r
	}
	return string(out)
}
