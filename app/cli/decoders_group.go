package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"reverie/app/dataset/decoders"
	"reverie/compute/eval"
	"reverie/compute/nn"
	"reverie/compute/stats"
)

// decoderGroup are the decoders of one layer, subject and ROI: one store, or
// those of the folds of a cross-validation.
type decoderGroup struct {
	subject, roi, layer string
	stores              []*decoders.Store
}

// groups puts stores that differ only in their fold together, in the order given.
func groups(stores []*decoders.Store) ([]*decoderGroup, error) {
	var out []*decoderGroup
	for _, s := range stores {
		i := slices.IndexFunc(out, func(g *decoderGroup) bool {
			return g.subject == s.Subject && g.roi == s.ROI && g.layer == s.Layer
		})
		if i < 0 {
			out = append(out, &decoderGroup{s.Subject, s.ROI, s.Layer, []*decoders.Store{s}})
			continue
		}
		for _, o := range out[i].stores {
			switch {
			case o.Fold == s.Fold:
				return nil, fmt.Errorf("%s and %s are both decoders of %s, %s %s: give one of them", o.Path(), s.Path(), s.Layer, s.Subject, s.ROI)
			case o.Fold == "" || s.Fold == "":
				return nil, fmt.Errorf("%s and %s: one was trained on all samples, the other is a fold of a cross-validation: give one kind", o.Path(), s.Path())
			case !slices.Equal(o.Shape, s.Shape) || o.Training.Absolute != s.Training.Absolute:
				return nil, fmt.Errorf("%s and %s are no folds of one cross-validation: they learnt different features of %s", o.Path(), s.Path(), s.Layer)
			}
		}
		out[i].stores = append(out[i].stores, s)
	}
	return out, nil
}

// conditions are those of all stores, in order, with the fewest and most stimuli and the stores that have them.
func (g *decoderGroup) conditions() (out []accuracyRow) {
	for _, s := range g.stores {
		for _, c := range s.Conditions {
			i := slices.IndexFunc(out, func(r accuracyRow) bool { return r.Condition == c.Name })
			if i < 0 {
				i = len(out)
				out = append(out, accuracyRow{Subject: g.subject, ROI: g.roi, Layer: g.layer, Condition: c.Name, Stimuli: c.Stimuli})
			}
			r := &out[i]
			r.Stimuli, r.Most = min(r.Stimuli, c.Stimuli), max(r.Most, c.Stimuli)
			if s.Fold != "" {
				r.Folds++
			}
		}
	}
	slices.SortStableFunc(out, func(a, b accuracyRow) int { return compareConditions(a.Condition, b.Condition) })
	return out
}

// each gives use the correlations of a condition's units from a number on: means
// over folds, and whether the unit is trained in all of them.
func (g *decoderGroup) each(ctx context.Context, conditions []accuracyRow, use func(k, from int, r []float64, there []bool) error) error {
	units, step := g.stores[0].Units(), g.stores[0].Chunk
	for from := 0; from < units; from += step {
		to := min(from+step, units)
		rows, there := make([][][]float64, len(conditions)), make([][]bool, len(conditions))
		for _, s := range g.stores {
			all, trained, err := correlations(ctx, s, from, to)
			if err != nil {
				return err
			}
			for k, c := range conditions {
				i := slices.IndexFunc(s.Conditions, func(x decoders.Condition) bool { return x.Name == c.Condition })
				if i < 0 {
					continue
				}
				if there[k] == nil {
					there[k] = slices.Clone(trained)
				}
				for u := range trained {
					there[k][u] = there[k][u] && trained[u]
				}
				rows[k] = append(rows[k], all[i])
			}
		}
		for k := range conditions {
			r, err := eval.MeanOverFolds(rows[k])
			if err != nil {
				return err
			}
			if err := use(k, from, r, there[k]); err != nil {
				return fmt.Errorf("%s: %w", g.stores[0].Path(), err)
			}
		}
	}
	return nil
}

// correlations reads those of units from … to−1, [condition][unit], whichever
// files they are in, and tells which units are trained.
func correlations(ctx context.Context, s *decoders.Store, from, to int) (r [][]float64, trained []bool, err error) {
	r, trained = make([][]float64, len(s.Conditions)), make([]bool, to-from)
	for k := range r {
		r[k] = make([]float64, to-from)
	}
	for c := from / s.Chunk; c*s.Chunk < to; c++ {
		a, b := s.Range(c)
		a, b = max(a, from), min(b, to)
		if len(s.Conditions) == 0 || !s.Has(c) {
			continue
		}
		rows, err := s.Accuracy(ctx, a, b)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return nil, nil, err
		}
		for u := a; u < b; u++ {
			trained[u-from] = true
			for k := range r {
				r[k][u-from] = float64(rows[k][u-a])
			}
		}
	}
	return r, trained, nil
}

// accuracyRow is a mean of Supplementary Fig. 1: one layer, subject, ROI and condition.
type accuracyRow struct {
	Subject   string `json:"subject"`
	ROI       string `json:"roi"`
	Layer     string `json:"layer"`
	Condition string `json:"condition"`
	Stimuli   int    `json:"stimuli"`                   // that each correlation is over; of folds the fewest
	Most      int    `json:"stimuli_most"`              // of folds the most
	Folds     int    `json:"folds,omitempty"`           // pooled: a unit's value is the mean over them
	Units     int    `json:"units"`                     // that count
	Left      int    `json:"left"`                      // trained, without a correlation: constant
	Untrained int    `json:"units_untrained,omitempty"` // in some fold
	// Accuracy is the mean with its interval across units; nil with fewer than two.
	Accuracy  *stats.Interval `json:"accuracy"`
	Histogram []int           `json:"histogram"` // 40 bins from -1 to 1
}

// accuracy summarises the units that are trained.
func (g *decoderGroup) accuracy(ctx context.Context) ([]accuracyRow, error) {
	out := g.conditions()
	sums := make([]eval.UnitAccuracy, len(out))
	err := g.each(ctx, out, func(k, _ int, r []float64, there []bool) error {
		kept := r[:0]
		for u, x := range r {
			if there[u] {
				kept = append(kept, x)
			} else {
				out[k].Untrained++
			}
		}
		return sums[k].AddCorrelations(kept)
	})
	if err != nil {
		return nil, err
	}
	for k := range out {
		x := sums[k].Summary(paperLevel)
		out[k].Units, out[k].Left, out[k].Accuracy, out[k].Histogram = x.Units, x.Left, x.Accuracy, x.Histogram
	}
	return out, nil
}

// decoderOrder sorts as the paper does.
type decoderOrder struct{ layers []string }

func newDecoderOrder() decoderOrder {
	net, err := nn.VGG19(nn.VGG19Config{})
	if err != nil { // of its own settings it cannot be
		return decoderOrder{}
	}
	return decoderOrder{net.Layers()}
}

// hierarchy is the ROIs in the order of the visual system; others come after them.
var hierarchy = []string{"V1", "V2", "V3", "V4", "LOC", "FFA", "PPA", "LVC", "HVC", "VC"}

func placeIn(all []string, name string) int {
	if i := slices.Index(all, name); i >= 0 {
		return i
	}
	return len(all)
}

func (o decoderOrder) layer(a, b string) int {
	return cmp.Or(cmp.Compare(placeIn(o.layers, a), placeIn(o.layers, b)), cmp.Compare(a, b))
}

func compareROIs(a, b string) int {
	return cmp.Or(cmp.Compare(placeIn(hierarchy, a), placeIn(hierarchy, b)), cmp.Compare(a, b))
}

func compareConditions(a, b string) int {
	var names []string
	for _, c := range eval.Conditions() {
		names = append(names, string(c))
	}
	return cmp.Or(cmp.Compare(placeIn(names, a), placeIn(names, b)), cmp.Compare(a, b))
}

func (o decoderOrder) compare(subject, roi, layer, fold, subject2, roi2, layer2, fold2 string) int {
	return cmp.Or(cmp.Compare(subject, subject2), compareROIs(roi, roi2), o.layer(layer, layer2), cmp.Compare(fold, fold2))
}
