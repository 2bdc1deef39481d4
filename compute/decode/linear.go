package decode

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"reverie/compute/brain"
)

// Decoder predicts the units of one layer. It is what all members of the
// family have in common, whatever way they were trained.
type Decoder interface {
	// Units is the number of values predicted for a sample.
	Units() int
	// Predict gives [sample][unit] in the features' own scale.
	Predict(test brain.Samples) ([][]float32, error)
}

// Linear is a decoder with its weights written out, in the form of the lab's
// model folders (kamitani.md §5.4):
//
//	z = (x − XMean) / XNorm,  y = (z·W + B)·YNorm + YMean
//
// Where XNorm is 0 (constant voxel) z is 0; where YNorm is 0 (constant unit) y is YMean.
type Linear struct {
	XMean, XNorm []float64 // per voxel, over training samples, ddof 1
	YMean, YNorm []float64 // per unit, over training stimuli, ddof 1
	W            []float64 // [voxel][unit]
	B            []float64 // per unit; 0 from Ridge, which has no bias column
}

var _ Decoder = (*Linear)(nil)

// Weights writes out the decoders of one layer. features[s] are the units'
// values for Stimuli()[s]. Streaming through an Accumulator gives the same
// predictions without holding voxels × units numbers.
func (r *Ridge) Weights(features [][]float32) (*Linear, error) {
	if len(features) != len(r.stimuli) {
		return nil, fmt.Errorf("ridge: features of %d stimuli, want %d", len(features), len(r.stimuli))
	}
	units := len(features[0])
	for s, f := range features {
		if len(f) != units || units == 0 {
			return nil, fmt.Errorf("ridge: features of %q have %d units, want %d and at least 1", r.stimuli[s], len(f), units)
		}
		for u, x := range f {
			if x-x != 0 {
				return nil, fmt.Errorf("ridge: unit %d of %q is %g", u, r.stimuli[s], x)
			}
		}
	}
	l := &Linear{
		XMean: append([]float64(nil), r.mean...), XNorm: make([]float64, len(r.mean)),
		YMean: make([]float64, units), YNorm: make([]float64, units), B: make([]float64, units),
	}
	for v, s := range r.scale {
		if s > 0 {
			l.XNorm[v] = 1 / s
		}
	}
	for u := range units {
		l.YMean[u], l.YNorm[u] = moments(features, u)
	}
	y := mat.NewDense(len(r.of), units, nil)
	for i, s := range r.of {
		row := y.RawRowView(i)
		for u, x := range features[s] {
			if l.YNorm[u] > 0 {
				row[u] = (float64(x) - l.YMean[u]) / l.YNorm[u]
			}
		}
	}
	var w, half mat.Dense
	if r.dual {
		if err := r.solve(&half, y); err != nil {
			return nil, err
		}
		w.Mul(r.z.T(), &half)
	} else {
		half.Mul(r.z.T(), y)
		if err := r.solve(&w, &half); err != nil {
			return nil, err
		}
	}
	l.W = w.RawMatrix().Data
	return l, nil
}

// moments are mean and standard deviation (ddof 1) of a unit; the deviation of a constant unit is exactly 0.
func moments(features [][]float32, u int) (mean, sd float64) {
	n := float64(len(features))
	constant := true
	for _, f := range features {
		mean += float64(f[u])
		constant = constant && f[u] == features[0][u]
	}
	mean /= n
	if constant {
		return float64(features[0][u]), 0
	}
	for _, f := range features {
		sd += (float64(f[u]) - mean) * (float64(f[u]) - mean)
	}
	return mean, math.Sqrt(sd / (n - 1))
}

// Units is the number of units.
func (l *Linear) Units() int { return len(l.YMean) }

// Predict applies the weights.
func (l *Linear) Predict(test brain.Samples) ([][]float32, error) {
	if err := checkTest(test, len(l.XMean)); err != nil {
		return nil, err
	}
	units := len(l.YMean)
	z := mat.NewDense(test.Len(), test.Voxels, nil)
	for i := range test.Len() {
		for v, x := range test.Row(i) {
			if l.XNorm[v] > 0 {
				z.Set(i, v, (x-l.XMean[v])/l.XNorm[v])
			}
		}
	}
	var y mat.Dense
	y.Mul(z, mat.NewDense(len(l.XMean), units, l.W))
	out := make([][]float32, test.Len())
	for i := range out {
		out[i] = make([]float32, units)
		for u := range units {
			out[i][u] = float32((y.At(i, u)+l.B[u])*l.YNorm[u] + l.YMean[u])
		}
	}
	return out, nil
}
