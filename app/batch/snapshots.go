package batch

import (
	"math"
)

// perDecade is how many logarithmic snapshots there are from one iteration to ten times as many.
const perDecade = 10

// takes tells whether an iteration of n leaves a snapshot: the first image and the last always do where there are any.
func (r rule) takes(iteration, n int) bool {
	switch {
	case r.every == 0:
		return false
	case iteration == 0 || iteration == n:
		return true
	case r.every > 0:
		return iteration%r.every == 0
	}
	// k with round(10^(k/perDecade)) = iteration lies beside the logarithm.
	k := math.Round(perDecade * math.Log10(float64(iteration)))
	for d := -1.0; d <= 1; d++ {
		if int(math.Round(math.Pow(10, (k+d)/perDecade))) == iteration {
			return true
		}
	}
	return false
}

// count is how many snapshots n iterations leave.
func (r rule) count(n int) int {
	switch {
	case r.every == 0:
		return 0
	case r.every > 0:
		return n/r.every + 2
	}
	c := 0
	for i := 0; i <= min(n, 100); i++ {
		if r.takes(i, n) {
			c++
		}
	}
	return c + int(perDecade*math.Log10(math.Max(1, float64(n)/100))) + 1
}
