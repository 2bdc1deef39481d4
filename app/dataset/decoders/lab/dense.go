package lab

import "reverie/compute/decode"

// dense are weights [voxels,unit…] that lie in memory in any order.
type dense struct {
	at      func(i int) float32
	chosen  func(i int) bool // nil, or which weights were chosen, in the order of at
	voxels  int
	vstride int
	shape   []int // of the units
	strides []int // of at, for each axis of the units
}

// fortran are weights whose first axis is the fastest.
func fortran(dims []int, at func(i int) float32) *dense {
	d := &dense{at: at, voxels: dims[0], vstride: 1, shape: dims[1:]}
	step := dims[0]
	for _, n := range d.shape {
		d.strides = append(d.strides, step)
		step *= n
	}
	return d
}

// sparse gives the weights of units from … to−1, in C order of the units.
func (d *dense) sparse(from, to int) *decode.Sparse {
	s := &decode.Sparse{Voxels: d.voxels, Start: make([]int, 1, to-from+1)}
	d.append(s, from, to)
	return s
}

// append adds the weights of units from … to−1. It counts before it takes memory.
func (d *dense) append(s *decode.Sparse, from, to int) {
	used := func(i int) bool { return d.at(i) != 0 } // NaN too
	if d.chosen != nil {
		used = d.chosen
	}
	n := 0
	d.units(from, to, func(at int) {
		for v := range d.voxels {
			if used(at + v*d.vstride) {
				n++
			}
		}
	})
	s.Index, s.W = grown(s.Index, n), grown(s.W, n)
	d.units(from, to, func(at int) {
		for v := range d.voxels {
			if i := at + v*d.vstride; used(i) {
				s.Index, s.W = append(s.Index, uint32(v)), append(s.W, d.at(i))
			}
		}
		s.Start = append(s.Start, len(s.W))
	})
}

// grown gives a slice room for n more, a little more than that where it has elements already.
func grown[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	out := make([]T, len(s), len(s)+n+len(s)/4)
	copy(out, s)
	return out
}

// units calls fn with where each unit begins.
func (d *dense) units(from, to int, fn func(at int)) {
	odometer(d.shape, from, to, func(at []int) {
		i := 0
		for k, x := range at {
			i += x * d.strides[k]
		}
		fn(i)
	})
}

// odometer calls fn with the indices of elements from … to−1 in C order.
func odometer(shape []int, from, to int, fn func(at []int)) {
	at := make([]int, len(shape))
	rest := from
	for k := len(shape) - 1; k >= 0; k-- {
		at[k] = rest % shape[k]
		rest /= shape[k]
	}
	for range to - from {
		fn(at)
		for k := len(at) - 1; k >= 0; k-- {
			if at[k]++; at[k] < shape[k] {
				break
			}
			at[k] = 0
		}
	}
}

// box is a block of units that is whole but for the axes before one, which are fixed, and that one.
type box struct {
	start, extent []int
	from, to      int // its units
}

// boxes cuts units from … to−1 into boxes of most units or so: never less than one row of the last axis' elements.
func boxes(shape []int, from, to, most int) []box {
	axis, inner := 0, 1
	for k := len(shape) - 1; k >= 0; k-- {
		axis = k
		if inner*shape[k] > most {
			break
		}
		inner *= shape[k]
	}
	// inner is what one step along axis holds.
	inner = 1
	for _, d := range shape[axis+1:] {
		inner *= d
	}
	var out []box
	for from < to {
		b := box{start: make([]int, len(shape)), extent: append([]int(nil), shape...)}
		rest := from / inner
		for k := axis; k >= 0; k-- {
			b.start[k], b.extent[k] = rest%shape[k], 1
			rest /= shape[k]
		}
		b.from = from / inner * inner
		steps := min(shape[axis]-b.start[axis], max(1, most/inner), (to-b.from+inner-1)/inner)
		b.extent[axis] = steps
		b.to = b.from + steps*inner
		out = append(out, b)
		from = b.to
	}
	return out
}
