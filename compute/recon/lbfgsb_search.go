package recon

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// startSearch sets out along z − x: the first trial point, or false where that is no descent direction.
func (o *LBFGSB) startSearch() bool {
	floats.SubTo(o.d, o.z, o.x)
	o.dnorm = math.Sqrt(floats.Dot(o.d, o.d))
	limit := 1e10
	if o.constrained {
		limit = 1
		if o.iterations > 0 {
			limit = o.stepLimit()
		}
	}
	step := 1.0
	if o.iterations == 0 && !o.boxed {
		step = min(1/o.dnorm, limit)
	}
	copy(o.oldX, o.x)
	copy(o.oldG, o.g)
	o.oldF = o.f
	o.trials = 0
	o.slope0 = floats.Dot(o.g, o.d)
	if o.slope0 >= 0 {
		return false
	}
	return o.search.start(o.f, o.slope0, step, limit) && o.trial()
}

// stepLimit is the longest step along d that stays in the box, at most 1e10.
func (o *LBFGSB) stepLimit() float64 {
	limit := 1e10
	for i, a := range o.d {
		switch b := o.bound[i]; {
		case a < 0 && b&hasLower != 0:
			if room := o.lower[i] - o.x[i]; room >= 0 {
				limit = 0
			} else if a*limit < room {
				limit = room / a
			}
		case a > 0 && b&hasUpper != 0:
			if room := o.upper[i] - o.x[i]; room <= 0 {
				limit = 0
			} else if a*limit > room {
				limit = room / a
			}
		}
	}
	return limit
}

// trial sets X to the line search's step; false when its evaluations are used up.
func (o *LBFGSB) trial() bool {
	if o.trials >= o.opt.MaxLineSearch {
		return false
	}
	o.trials++
	s := o.search.step
	if s == 1 {
		copy(o.x, o.z)
		return true
	}
	for i, d := range o.d {
		// The box is kept against rounding.
		o.x[i] = min(max(s*d+o.oldX[i], o.lower[i]), o.upper[i])
	}
	return true
}

// restart goes back to the last iterate and forgets the pairs; false when there were none to forget.
func (o *LBFGSB) restart() bool {
	copy(o.x, o.oldX)
	copy(o.g, o.oldG)
	o.f = o.oldF
	if o.mem.col == 0 {
		return false
	}
	o.mem.reset()
	o.sub.reset()
	return true
}

// remember stores the pair of the accepted step unless its curvature is not positive.
func (o *LBFGSB) remember() {
	floats.SubTo(o.oldG, o.g, o.oldG) // y
	s := o.search.step
	curvature, slope := o.search.slope-o.slope0, -o.slope0
	if s != 1 {
		curvature, slope = curvature*s, slope*s
		floats.Scale(s, o.d)
	}
	if curvature <= epsilon*slope {
		return
	}
	if o.mem.col == o.opt.History {
		o.sub.drop(o.mem.col)
	}
	o.mem.add(o.d, o.oldG, curvature)
	if !o.mem.factor() {
		o.mem.reset()
		o.sub.reset()
	}
}

// projectedGradient is the largest component of P(x−g)−x.
func (o *LBFGSB) projectedGradient() float64 {
	norm := 0.0
	for i, g := range o.g {
		if g < 0 {
			if o.bound[i]&hasUpper != 0 {
				g = max(o.x[i]-o.upper[i], g)
			}
		} else if o.bound[i]&hasLower != 0 {
			g = min(o.x[i]-o.lower[i], g)
		}
		norm = max(norm, math.Abs(g))
	}
	return norm
}
