package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Bootstrap is the mean of x with a bias-corrected and accelerated interval (BCa; Efron 1987) from seeded resamples.
// The same seed gives the same bits. Where x is constant or has one value, the interval is not defined.
func Bootstrap(x []float64, level float64, resamples int, seed uint64) Interval {
	out := Interval{N: len(x), Level: level, Method: "BCa bootstrap over samples", Mean: Mean(x, level).Mean, Lower: math.NaN(), Upper: math.NaN()}
	if len(x) < 2 || resamples < 1 {
		return out
	}
	means := make([]float64, resamples)
	r := rand.New(rand.NewPCG(seed, uint64(len(x))))
	for b := range means {
		sum := 0.0
		for range x {
			sum += x[r.IntN(len(x))]
		}
		means[b] = sum / float64(len(x))
	}
	out.Lower, out.Upper = bca(x, means, level)
	return out
}

// bca is the interval from the means of resamples.
func bca(x, means []float64, level float64) (lower, upper float64) {
	n := float64(len(x))
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	theta := sum / n
	below := 0.0
	for _, m := range means {
		if m < theta {
			below++
		}
		if m <= theta {
			below++
		}
	}
	z0 := distuv.UnitNormal.Quantile(below / 2 / float64(len(means)))
	// Jackknife means lie about the mean as the values do, turned round.
	cube, square := 0.0, 0.0
	for _, v := range x {
		d := theta - (sum-v)/(n-1)
		cube += d * d * d
		square += d * d
	}
	a := cube / (6 * math.Pow(square, 1.5))
	means = slices.Clone(means)
	slices.Sort(means)
	at := func(p float64) float64 {
		z := distuv.UnitNormal.Quantile(p)
		return quantile(means, distuv.UnitNormal.CDF(z0+(z0+z)/(1-a*(z0+z))))
	}
	return at((1 - level) / 2), at((1 + level) / 2)
}

// quantile interpolates linearly between sorted values, as NumPy does; NaN where p is none.
func quantile(sorted []float64, p float64) float64 {
	if math.IsNaN(p) {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	f := at - float64(i)
	return sorted[i]*(1-f) + sorted[i+1]*f
}
