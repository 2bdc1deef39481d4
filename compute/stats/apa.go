package stats

import (
	"fmt"
	"math"
	"strings"
)

// PValue is p as APA style (7th edition) writes it: three decimals without a leading zero, or < .001.
func PValue(p float64) string {
	switch {
	case math.IsNaN(p):
		return "p undefined"
	case p < 0.001:
		return "p < .001"
	}
	return "p = " + bare(p, 3)
}

// bare writes a number that cannot exceed 1 without a leading zero.
func bare(x float64, digits int) string {
	s := fmt.Sprintf("%.*f", digits, x)
	s = strings.Replace(s, "0.", ".", 1)
	return strings.Replace(s, "-", "−", 1)
}

func signed(x float64) string { return strings.Replace(fmt.Sprintf("%.2f", x), "-", "−", 1) }

// degrees are whole where they are.
func degrees(d float64) string {
	if d == math.Trunc(d) {
		return fmt.Sprintf("%.0f", d)
	}
	return fmt.Sprintf("%.2f", d)
}

// APA writes a t-test: t(49) = 2.01, p = .050, d = 0.28.
func (t TTest) APA() string {
	return fmt.Sprintf("t(%s) = %s, %s, d = %s", degrees(t.DF), signed(t.T), PValue(t.P), signed(t.D))
}

// APA writes an effect: F(6, 273) = 4.82, p < .001, ηp² = .10.
func (e Effect) APA() string {
	return fmt.Sprintf("F(%s, %s) = %s, %s, ηp² = %s", degrees(e.DF), degrees(e.Error), signed(e.F), PValue(e.P), bare(e.PartialEta2, 2))
}

// APA writes a signed-rank test with an effect size: T = 312, n = 50, p = .016, r = −.34.
func (t Test) APA(r float64) string {
	return fmt.Sprintf("T = %s, n = %d, %s, r = %s", strings.TrimSuffix(fmt.Sprintf("%.1f", t.Statistic), ".0"), t.N, PValue(t.P), bare(r, 2))
}

// APA writes a mean: M = 79.7 %, 95 % CI [77.1, 82.3], where percent; else M = 0.65, 95 % CI [0.62, 0.67].
func (i Interval) APA(percent bool) string {
	if percent {
		return fmt.Sprintf("M = %.1f %%, %g %% CI [%.1f, %.1f]", 100*i.Mean, 100*i.Level, 100*i.Lower, 100*i.Upper)
	}
	return fmt.Sprintf("M = %s, %g %% CI [%s, %s]", signed(i.Mean), 100*i.Level, signed(i.Lower), signed(i.Upper))
}
