package recon

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Where a variable is at the Cauchy point; up to zero it is free.
const (
	unmoved   int8 = -3 // free, bounded, gradient zero
	unbounded int8 = -1 // always free
	moved     int8 = 0  // free, bounded
	atLower   int8 = 1
	atUpper   int8 = 2
	fixed     int8 = 3 // both bounds equal
)

// cauchy sets z to the generalised Cauchy point: the first minimiser of the
// quadratic model along the projected gradient path (Byrd et al. 1995,
// algorithm CP), c to Wᵀ(z−x), and where for every variable.
func (o *LBFGSB) cauchy() {
	copy(o.z, o.x)
	col2 := 2 * o.mem.col
	c, p, v, wbp := o.c[:col2], o.p[:col2], o.v[:col2], o.wbp[:col2]
	clear(c)
	if o.projected <= 0 {
		return
	}
	first, endless := o.breakPoints()
	f1 := -floats.Dot(o.d, o.d)
	o.mem.project(p, o.d)
	if f1 == 0 {
		return
	}
	theta := o.mem.theta
	f2 := -theta * f1
	f2org := f2
	if col2 > 0 {
		o.mem.middle(v, p)
		f2 -= floats.Dot(v, p)
	}
	step, total, at := -f1/f2, 0.0, 0.0
	moving := !endless // every moving variable meets a bound
	for visited := 0; len(o.order) > 0; visited++ {
		b := first
		if visited > 0 {
			b = o.order[0]
		}
		dt := o.scratch[b] - at
		if step < dt {
			break
		}
		if visited == 0 {
			o.heapify(first)
		}
		at = o.scratch[b]
		o.pop()
		total += dt
		db := o.d[b]
		o.d[b] = 0
		bound, w := o.lower[b], atLower
		if db > 0 {
			bound, w = o.upper[b], atUpper
		}
		zb := bound - o.x[b]
		o.z[b], o.where[b] = bound, w
		if len(o.order) == 0 && visited+1 == o.n {
			// Every variable has met its bound.
			floats.AddScaled(c, dt, p)
			return
		}
		f1 += dt*f2 + db*db - theta*db*zb
		f2 -= theta * db * db
		if col2 > 0 {
			floats.AddScaled(c, dt, p)
			for k := range o.mem.col {
				wbp[k] = o.mem.y[k][b]
				wbp[o.mem.col+k] = theta * o.mem.s[k][b]
			}
			o.mem.middle(v, wbp)
			wmc, wmp, wmw := floats.Dot(c, v), floats.Dot(p, v), floats.Dot(wbp, v)
			floats.AddScaled(p, -db, wbp)
			f1 += db * wmc
			f2 += 2*db*wmp - db*db*wmw
		}
		f2 = max(epsilon*f2org, f2)
		if len(o.order) == 0 && moving {
			step = 0
			break
		}
		step = -f1 / f2
	}
	step = max(step, 0)
	total += step
	floats.AddScaled(c, step, p)
	floats.AddScaled(o.z, total, o.d)
}

// breakPoints sets d to the projected steepest descent direction, scratch to
// the step at which each variable meets its bound, and order to those that do;
// it gives the one that comes first and whether some variable moves for ever.
func (o *LBFGSB) breakPoints() (first int32, endless bool) {
	o.order = o.order[:0]
	soonest := math.Inf(1)
	for i, g := range o.g {
		o.d[i] = 0
		if o.where[i] == fixed {
			continue
		}
		b := o.bound[i]
		if b != 0 {
			o.where[i] = moved
			switch {
			case b&hasLower != 0 && o.x[i] <= o.lower[i]:
				if g >= 0 {
					o.where[i] = atLower
				}
			case b&hasUpper != 0 && o.x[i] >= o.upper[i]:
				if g <= 0 {
					o.where[i] = atUpper
				}
			case g == 0:
				o.where[i] = unmoved
			}
			if o.where[i] != moved {
				continue
			}
		}
		o.d[i] = -g
		var t float64
		switch {
		case g > 0 && b&hasLower != 0:
			t = (o.x[i] - o.lower[i]) / g
		case g < 0 && b&hasUpper != 0:
			t = (o.upper[i] - o.x[i]) / -g
		default:
			endless = endless || g != 0
			continue
		}
		o.scratch[i] = t
		o.order = append(o.order, int32(i))
		if t < soonest {
			soonest, first = t, int32(i)
		}
	}
	return first, endless
}

// heapify makes order a heap of break points; first, the soonest, is at its root also among equals.
func (o *LBFGSB) heapify(first int32) {
	for i := len(o.order)/2 - 1; i >= 0; i-- {
		o.sift(i)
	}
	// With equal break points another one may have reached the root: swap, which keeps the heap.
	if o.order[0] != first {
		for i, k := range o.order {
			if k == first {
				o.order[0], o.order[i] = first, o.order[0]
				break
			}
		}
	}
}

// pop removes the soonest break point.
func (o *LBFGSB) pop() {
	last := len(o.order) - 1
	o.order[0] = o.order[last]
	o.order = o.order[:last]
	if last > 0 {
		o.sift(0)
	}
}

func (o *LBFGSB) sift(i int) {
	h, t := o.order, o.scratch
	item := h[i]
	for {
		k := 2*i + 1
		if k >= len(h) {
			break
		}
		if k+1 < len(h) && t[h[k+1]] < t[h[k]] {
			k++
		}
		if t[h[k]] >= t[item] {
			break
		}
		h[i] = h[k]
		i = k
	}
	h[i] = item
}
