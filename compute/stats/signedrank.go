package stats

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// exactMost is the largest sample with an exact null distribution: 2²⁵ sign patterns.
const exactMost = 25

// Test is the result of a significance test.
type Test struct {
	N         int     `json:"n"`     // values that took part
	Zeros     int     `json:"zeros"` // values equal to the null, left out
	Statistic float64 `json:"statistic"`
	P         float64 `json:"p"`      // two-sided
	Method    string  `json:"method"` // for captions
}

// String is the caption.
func (t Test) String() string {
	s := fmt.Sprintf("p = %.3g (%s, T = %g, n = %d", t.P, t.Method, t.Statistic, t.N)
	if t.Zeros > 0 {
		s += fmt.Sprintf(", %d at the null left out", t.Zeros)
	}
	return s + ")"
}

// SignedRank is Wilcoxon's two-sided signed-rank test that x lies symmetrically
// about null; for pairs give the differences and 0. Values equal to null are
// left out and counted (zero_method "wilcox"). Statistic is the smaller of the
// two rank sums.
//
// Up to 25 values the null distribution is exact, over all signs of the ranks that are there, shared ones with
// ties. Beyond it is normal with its variance corrected for ties and no continuity correction, as
// scipy.stats.wilcoxon(method="asymptotic") has it by default. Ties are of equal floating-point distances from null.
func SignedRank(x []float64, null float64) (Test, error) {
	var out Test
	d := make([]float64, 0, len(x))
	for i, v := range x {
		v -= null
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return out, fmt.Errorf("signed-rank test: value %d is %g: leave it out first", i, x[i])
		}
		if v == 0 {
			out.Zeros++
			continue
		}
		d = append(d, v)
	}
	out.N = len(d)
	if out.N == 0 {
		return out, errors.New("signed-rank test: no value differs from the null")
	}
	ranks, plus, ties := ranked(d)
	n := float64(out.N)
	total := n * (n + 1) / 2
	out.Statistic = min(plus, total-plus)
	if out.N <= exactMost {
		out.Method = "two-sided Wilcoxon signed-rank test, exact"
		if ties > 0 {
			out.Method += " with ties"
		}
		out.P = min(1, 2*tail(ranks, out.Statistic))
		return out, nil
	}
	out.Method = "two-sided Wilcoxon signed-rank test, normal approximation"
	if ties > 0 {
		out.Method += " corrected for ties"
	}
	se := math.Sqrt((n*(n+1)*(2*n+1) - ties/2) / 24)
	out.P = math.Erfc(math.Abs(plus-total/2) / se / math.Sqrt2)
	return out, nil
}

// ranked gives the ranks of |d| in rising order, equal ones sharing their mean rank, their sum over positive d, and
// Σ(t³−t) over the groups of t equal ones.
func ranked(d []float64) (ranks []float64, plus, ties float64) {
	d = slices.Clone(d)
	slices.SortFunc(d, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	for i := 0; i < len(d); {
		j := i + 1
		for j < len(d) && math.Abs(d[j]) == math.Abs(d[i]) {
			j++
		}
		rank := float64(i+j+1) / 2
		for _, v := range d[i:j] {
			if v > 0 {
				plus += rank
			}
			ranks = append(ranks, rank)
		}
		t := float64(j - i)
		ties += t*t*t - t
		i = j
	}
	return ranks, plus, ties
}

// tail is the probability that ranks with random signs have a positive sum of at most t.
func tail(ranks []float64, t float64) float64 {
	// ways[s] is the number of sets of ranks with sum s/2, since shared ranks are halves; all are exact, at most 2²⁵.
	total := 0
	for _, r := range ranks {
		total += int(2 * r)
	}
	ways := make([]float64, total+1)
	ways[0] = 1
	for _, r := range ranks {
		k := int(2 * r)
		for s := len(ways) - 1; s >= k; s-- {
			ways[s] += ways[s-k]
		}
	}
	sum := 0.0
	for _, w := range ways[:int(2*t)+1] {
		sum += w
	}
	return math.Ldexp(sum, -len(ranks))
}
