package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Moments gathers mean and standard deviation of values that stream past
// (Welford's recurrence), so that millions need not be kept. The zero value is
// ready. The result depends on the order of the values, not on how they were cut.
type Moments struct {
	n        int
	mean, ss float64
}

// Add takes one value.
func (m *Moments) Add(x float64) {
	m.n++
	d := x - m.mean
	m.mean += d / float64(m.n)
	m.ss += d * (x - m.mean)
}

// N is the number of values.
func (m *Moments) N() int { return m.n }

// Mean is NaN of no values.
func (m *Moments) Mean() float64 {
	if m.n == 0 {
		return math.NaN()
	}
	return m.mean
}

// SD is the standard deviation with n−1; NaN under two values.
func (m *Moments) SD() float64 {
	if m.n < 2 {
		return math.NaN()
	}
	return math.Sqrt(m.ss / float64(m.n-1))
}

// Interval is the mean with Student's t interval, as Mean gives it; over says
// what the values are of, for the caption ("units").
func (m *Moments) Interval(level float64, over string) Interval {
	half := tQuantile(0.5+level/2, float64(m.n-1)) * m.SD() / math.Sqrt(float64(m.n))
	return Interval{
		N: m.n, Level: level, Method: "Student's t over " + over,
		Mean: m.Mean(), Lower: m.Mean() - half, Upper: m.Mean() + half,
	}
}

// tNormal is the number of degrees of freedom from which the expansion of
// Student's t in the normal quantile has an error below 2e-13; gonum's quantile
// loses digits as they grow.
const tNormal = 5000

// tQuantile is Student's t quantile; NaN for nu below 1.
func tQuantile(p, nu float64) float64 {
	switch {
	case nu < 1:
		return math.NaN()
	case nu < tNormal:
		return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}.Quantile(p)
	}
	// Abramowitz & Stegun 26.7.5 to the third term.
	z := distuv.UnitNormal.Quantile(p)
	z2 := z * z
	g1 := z * (z2 + 1) / 4
	g2 := z * ((5*z2+16)*z2 + 3) / 96
	g3 := z * (((3*z2+19)*z2+17)*z2 - 15) / 384
	return z + (g1+(g2+g3/nu)/nu)/nu
}
