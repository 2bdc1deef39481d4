package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// TTest is the result of a t-test.
type TTest struct {
	N      int     `json:"n"`
	T      float64 `json:"t"`
	DF     float64 `json:"df"`
	P      float64 `json:"p"` // two-sided
	D      float64 `json:"d"` // Cohen's: d_z of one sample or pairs, d_s of two samples
	G      float64 `json:"g"` // d with Hedges' correction
	Method string  `json:"method"`
}

// OneSample is Student's two-sided test that the mean of x is null; for pairs give the differences and 0.
func OneSample(x []float64, null float64) (TTest, error) {
	out := TTest{N: len(x), DF: float64(len(x) - 1), Method: "two-sided one-sample t-test"}
	m, v, err := meanVariance(x)
	if err != nil {
		return out, err
	}
	out.D = (m - null) / math.Sqrt(v)
	out.T = out.D * math.Sqrt(float64(len(x)))
	out.finish()
	return out, nil
}

// Welch is the two-sided t-test of two independent samples of unequal variances; D is by the pooled standard deviation.
func Welch(x, y []float64) (TTest, error) {
	out := TTest{N: len(x) + len(y), Method: "two-sided Welch t-test"}
	mx, vx, err := meanVariance(x)
	if err != nil {
		return out, err
	}
	my, vy, err := meanVariance(y)
	if err != nil {
		return out, err
	}
	nx, ny := float64(len(x)), float64(len(y))
	sx, sy := vx/nx, vy/ny
	out.T = (mx - my) / math.Sqrt(sx+sy)
	out.DF = (sx + sy) * (sx + sy) / (sx*sx/(nx-1) + sy*sy/(ny-1))
	out.D = (mx - my) / math.Sqrt(((nx-1)*vx+(ny-1)*vy)/(nx+ny-2))
	out.finish()
	out.G = out.D * hedges(nx+ny-2)
	return out, nil
}

func (t *TTest) finish() {
	t.P = 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: t.DF}.Survival(math.Abs(t.T))
	t.G = t.D * hedges(t.DF)
}

// hedges is the exact correction of d for small samples.
func hedges(df float64) float64 {
	a, _ := math.Lgamma(df / 2)
	b, _ := math.Lgamma((df - 1) / 2)
	return math.Exp(a-b) / math.Sqrt(df/2)
}

func meanVariance(x []float64) (mean, variance float64, err error) {
	if len(x) < 2 {
		return 0, 0, fmt.Errorf("t-test: %d values, want at least 2", len(x))
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, 0, fmt.Errorf("t-test: value %d is %g: leave it out first", i, v)
		}
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	if variance == 0 {
		return mean, 0, errors.New("t-test: all values are equal")
	}
	return mean, variance, nil
}
