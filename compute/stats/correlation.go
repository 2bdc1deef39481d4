package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Correlation gives Pearson's r of n pairs with the interval of Fisher's z
// transformation, as scipy.stats.pearsonr has it. Under four pairs the interval
// is NaN, and all is where r is no correlation; of |r| = 1 the interval is r.
func Correlation(r float64, n int, level float64) Interval {
	out := Interval{N: n, Mean: r, Level: level, Method: "Fisher's z", Lower: math.NaN(), Upper: math.NaN()}
	switch {
	case !(r >= -1 && r <= 1) || n < 2:
		out.Mean = math.NaN()
	case n < 4:
	case r == 1 || r == -1:
		out.Lower, out.Upper = r, r
	default:
		z, half := math.Atanh(r), distuv.UnitNormal.Quantile(0.5+level/2)/math.Sqrt(float64(n-3))
		out.Lower, out.Upper = math.Tanh(z-half), math.Tanh(z+half)
	}
	return out
}
