package stats

import "slices"

// Holm adjusts p values for several tests so that the chance of any false finding among them stays below the level
// (step-down; Holm 1979). NaN stays and does not count.
func Holm(p []float64) []float64 {
	order := make([]int, 0, len(p))
	out := slices.Clone(p)
	for i, v := range p {
		if v == v {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	most := 0.0
	for k, i := range order {
		most = max(most, min(1, p[i]*float64(len(order)-k)))
		out[i] = most
	}
	return out
}

// RankBiserial is the matched-pairs rank-biserial correlation of differences: the share of the rank sum on the
// positive side minus that on the negative one; zeros are left out. It is NaN without any difference.
func RankBiserial(d []float64) float64 {
	var kept []float64
	for _, v := range d {
		if v != 0 {
			kept = append(kept, v)
		}
	}
	n := float64(len(kept))
	_, plus, _ := ranked(kept)
	total := n * (n + 1) / 2
	return (2*plus - total) / total
}
