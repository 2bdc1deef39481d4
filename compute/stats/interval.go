// Package stats holds the intervals and tests that go beside results. Every
// result names its method, for captions and methods text.
package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate with its confidence interval. Bounds that cannot be
// told are NaN, which JSON has not: see Defined.
type Interval struct {
	N      int     `json:"n"`
	Mean   float64 `json:"mean"` // a proportion is a mean of zeros and ones
	Lower  float64 `json:"lower"`
	Upper  float64 `json:"upper"`
	Level  float64 `json:"level"`  // e.g. 0.95
	Method string  `json:"method"` // for captions
}

// Defined reports whether the estimate and both bounds are finite numbers.
func (i Interval) Defined() bool {
	for _, x := range []float64{i.Mean, i.Lower, i.Upper} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// String is the caption, e.g. "0.761 [0.720, 0.802] (95 % interval, Student's t over samples, n = 50)".
func (i Interval) String() string {
	return fmt.Sprintf("%.3f [%.3f, %.3f] (%g %% interval, %s, n = %d)", i.Mean, i.Lower, i.Upper, 100*i.Level, i.Method, i.N)
}

// Mean gives the mean of x with Student's t interval (standard deviation with
// n−1). level lies between 0 and 1. Under two values the interval is NaN, of none the mean too.
func Mean(x []float64, level float64) Interval {
	nan := math.NaN()
	out := Interval{N: len(x), Level: level, Method: "Student's t over samples", Mean: nan, Lower: nan, Upper: nan}
	if len(x) == 0 {
		return out
	}
	n, sum, ss := float64(len(x)), 0.0, 0.0
	for _, v := range x {
		sum += v
	}
	out.Mean = sum / n
	if len(x) < 2 {
		return out
	}
	for _, v := range x {
		ss += (v - out.Mean) * (v - out.Mean)
	}
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.5+level/2) * math.Sqrt(ss/(n-1)/n)
	out.Lower, out.Upper = out.Mean-half, out.Mean+half
	return out
}

// Proportion gives k successes of n with Wilson's score interval (without
// continuity correction). All is NaN unless 0 ≤ k ≤ n and n > 0.
func Proportion(k, n int, level float64) Interval {
	nan := math.NaN()
	out := Interval{N: n, Level: level, Method: "Wilson score", Mean: nan, Lower: nan, Upper: nan}
	if n <= 0 || k < 0 || k > n {
		return out
	}
	z := distuv.UnitNormal.Quantile(0.5 + level/2)
	f, p := float64(n), float64(k)/float64(n)
	centre := (p + z*z/(2*f)) / (1 + z*z/f)
	half := z / (1 + z*z/f) * math.Sqrt(p*(1-p)/f+z*z/(4*f*f))
	out.Mean, out.Lower, out.Upper = p, centre-half, centre+half
	// Rounding must not leave 0 … 1.
	if k == 0 {
		out.Lower = 0
	}
	if k == n {
		out.Upper = 1
	}
	return out
}
