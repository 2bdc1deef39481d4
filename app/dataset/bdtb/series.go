package bdtb

import "math"

// detrend takes the least-squares line out of a series and keeps its mean.
func detrend(x []float64) {
	mid := float64(len(x)-1) / 2
	var xt, tt float64
	for t, v := range x {
		d := float64(t) - mid
		xt += d * v
		tt += d * d
	}
	if tt == 0 {
		return
	}
	slope := xt / tt
	for t := range x {
		x[t] -= slope * (float64(t) - mid)
	}
}

// percent turns a series into percent change from the mean of its first base values. It is false, and the
// series zero, where that mean is zero: outside the brain.
func percent(x []float64, base int) bool {
	m := mean(x[:base])
	for t := range x {
		if m == 0 {
			x[t] = 0
			continue
		}
		x[t] = 100 * (x[t] - m) / m
	}
	return m != 0
}

// despike clips a series to its mean ± k standard deviations (over n, not n-1).
func despike(x []float64, k float64) {
	m := mean(x)
	var ss float64
	for _, v := range x {
		ss += (v - m) * (v - m)
	}
	sd := math.Sqrt(ss / float64(len(x)))
	for t, v := range x {
		x[t] = min(max(v, m-k*sd), m+k*sd)
	}
}

func mean(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}
