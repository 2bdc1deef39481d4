package lab

import (
	"slices"

	"reverie/compute/decode"
)

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

// tile is the number of units gone through together, so that weights of neighbouring units share lines of the cache.
const tile = 256

// append adds the weights of units from … to−1. It counts before it takes memory.
func (d *dense) append(s *decode.Sparse, from, to int) {
	used := func(i int) bool { return d.at(i) != 0 } // NaN too
	if d.chosen != nil {
		used = d.chosen
	}
	at := make([]int, 0, tile)
	var next [tile]int
	flush := func() {
		n := [tile]int{}
		for v := range d.voxels {
			for j, a := range at {
				if used(a + v*d.vstride) {
					n[j]++
				}
			}
		}
		end := len(s.W)
		for j := range at {
			next[j] = end
			end += n[j]
			s.Start = append(s.Start, end)
		}
		s.Index, s.W = grown(s.Index, end), grown(s.W, end)
		for v := range d.voxels {
			for j, a := range at {
				if i := a + v*d.vstride; used(i) {
					s.Index[next[j]], s.W[next[j]] = uint32(v), d.at(i)
					next[j]++
				}
			}
		}
		at = at[:0]
	}
	d.units(from, to, func(a int) {
		if at = append(at, a); len(at) == tile {
			flush()
		}
	})
	flush()
}

// grown is a slice made n long.
func grown[T any](s []T, n int) []T {
	return slices.Grow(s, n-len(s))[:n]
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
