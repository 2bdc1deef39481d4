package cli

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"reverie/app/figure"
	"reverie/app/pipeline"
)

// spreadFirst puts samples from all over the list before the others, for the
// figure shows the first only.
func spreadFirst(all []pipeline.Agreement, n int) []pipeline.Agreement {
	first := spread(all, n)
	out := slices.Clone(first)
	for _, s := range all {
		if !slices.ContainsFunc(first, func(f pipeline.Agreement) bool { return f.Label == s.Label }) {
			out = append(out, s)
		}
	}
	return out
}

// figure draws all samples; some from all over the list stand out.
func (c *comparison) figure() figure.Agreement {
	g := figure.Agreement{
		Title: fmt.Sprintf("Two runs of %d reconstructions", len(c.Samples)),
		NameA: "A, solid", NameB: "B, dashed", Limit: c.Threshold,
		Notes: []string{"A: " + c.A.String(), "B: " + c.B.String(),
			fmt.Sprintf("Losses differ by at most %.2g %% (median of the samples' largest %.2g %%). Below the pictures: r between the two.", 100*c.Curve.Worst, 100*c.Curve.Median)},
	}
	if y := c.Yardstick; y != nil {
		g.Notes = append(g.Notes, fmt.Sprintf("Grey below: A and the yardstick (%s, %s), largest difference of any sample; by sample at most %.2g %%, median %.2g %%.",
			filepath.Base(y.B.Dir), y.B, 100*y.Curve.Worst, 100*y.Curve.Median))
		g.Yardstick = y.largest()
	}
	for _, s := range spreadFirst(c.Samples, figure.Coloured) {
		f := figure.AgreementSample{Label: s.Label}
		for _, p := range s.A {
			f.A = append(f.A, figure.Point{Iteration: p.Iteration, Value: p.Loss})
		}
		for _, p := range s.B {
			f.B = append(f.B, figure.Point{Iteration: p.Iteration, Value: p.Loss})
		}
		for i, d := range s.Relative {
			f.Difference = append(f.Difference, figure.Point{Iteration: s.At[i], Value: d})
		}
		if s.PictureA != nil { // a nil *NRGBA would be an image
			f.ImageA, f.ImageB = s.PictureA, s.PictureB
		}
		if s.Correlation != nil {
			f.Caption = fmt.Sprintf("r = %.4f", *s.Correlation)
		}
		g.Samples = append(g.Samples, f)
	}
	return g
}

// largest is the largest difference of any sample at each iteration.
func (c *comparison) largest() (out []figure.Point) {
	most := map[int]float64{}
	for _, s := range c.Samples {
		for i, n := range s.At {
			most[n] = max(most[n], s.Relative[i])
		}
	}
	for _, n := range slices.Sorted(maps.Keys(most)) {
		out = append(out, figure.Point{Iteration: n, Value: most[n]})
	}
	return out
}
