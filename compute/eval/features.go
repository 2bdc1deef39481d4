package eval

import (
	"errors"
	"fmt"
	"math"
)

// ProfileCorrelation is, per unit, Pearson's r over samples between decoded
// and true features, both [sample][unit] (bdpy.evals.metrics.profile_correlation).
// NaN where a unit is constant over the samples or holds a NaN.
func ProfileCorrelation(decoded, truth [][]float32) ([]float64, error) {
	units, err := sameSize(decoded, truth)
	if err != nil {
		return nil, fmt.Errorf("profile correlation: %w", err)
	}
	if len(decoded) < 2 {
		return nil, errors.New("profile correlation: 1 sample, want at least 2")
	}
	p, err := Trials{}.pair(len(decoded), len(truth))
	if err != nil {
		return nil, fmt.Errorf("profile correlation: %w", err)
	}
	return p.profiles(decoded, truth, units), nil
}

// LayerAccuracy is the feature decoding accuracy of one layer: the mean over
// units of the profile correlation. Units without one (constant over the
// samples, as rectified or dead units are) are left out and counted.
type LayerAccuracy struct {
	Mean      float64 `json:"mean"`      // NaN where no unit has a correlation
	Units     int     `json:"units"`     // that count
	Undefined int     `json:"undefined"` // left out
	Samples   int     `json:"samples"`
}

// DecodingAccuracy measures one layer, decoded and true features as [sample][unit].
func DecodingAccuracy(decoded, truth [][]float32) (LayerAccuracy, error) {
	r, err := ProfileCorrelation(decoded, truth)
	if err != nil {
		return LayerAccuracy{}, err
	}
	out := LayerAccuracy{Samples: len(decoded)}
	for _, x := range r {
		if math.IsNaN(x) {
			out.Undefined++
			continue
		}
		out.Units++
		out.Mean += x
	}
	out.Mean /= float64(out.Units)
	return out, nil
}

// PatternCorrelation is, per sample, Pearson's r over units
// (bdpy.evals.metrics.pattern_correlation). With mean and sd, those of the
// training features per unit, both sides are z-scored first; nil leaves the
// values as they are. Units with a NaN in any sample, or with sd 0, are left
// out and counted. (bdpy leaves out 0/0 only, and an infinite value spoils its
// sample; the two agree where constant units are decoded as that constant.)
func PatternCorrelation(decoded, truth [][]float32, mean, sd []float64) (r []float64, left int, err error) {
	units, err := sameSize(decoded, truth)
	if err != nil {
		return nil, 0, fmt.Errorf("pattern correlation: %w", err)
	}
	if (mean == nil) != (sd == nil) || (mean != nil && (len(mean) != units || len(sd) != units)) {
		return nil, 0, fmt.Errorf("pattern correlation: %d means and %d deviations for %d units", len(mean), len(sd), units)
	}
	bad := make([]bool, units)
	for s := range decoded {
		for u := range units {
			if math.IsNaN(float64(decoded[s][u])) || math.IsNaN(float64(truth[s][u])) {
				bad[u] = true
			}
		}
	}
	for u := range bad {
		if mean != nil && !(sd[u] > 0 && !math.IsNaN(mean[u])) {
			bad[u] = true
		}
		if bad[u] {
			left++
		}
	}
	if units-left < 2 {
		return nil, left, fmt.Errorf("pattern correlation: %d of %d units can be used, want at least 2", units-left, units)
	}
	x, y := make([]float64, 0, units-left), make([]float64, 0, units-left)
	for s := range decoded {
		x, y = x[:0], y[:0]
		for u := range units {
			if bad[u] {
				continue
			}
			a, b := float64(decoded[s][u]), float64(truth[s][u])
			if mean != nil {
				a, b = (a-mean[u])/sd[u], (b-mean[u])/sd[u]
			}
			x, y = append(x, a), append(y, b)
		}
		r = append(r, Correlation(x, y))
	}
	return r, left, nil
}

// sameSize checks that both are [sample][unit] of one size and gives the units.
func sameSize(a, b [][]float32) (int, error) {
	if len(a) == 0 || len(a) != len(b) {
		return 0, fmt.Errorf("%d decoded and %d true samples", len(a), len(b))
	}
	units := len(a[0])
	for s := range a {
		if len(a[s]) != units || len(b[s]) != units || units == 0 {
			return 0, fmt.Errorf("sample %d has %d decoded and %d true units, want %d of both and at least 1", s, len(a[s]), len(b[s]), units)
		}
	}
	return units, nil
}
