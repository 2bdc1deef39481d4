package movie

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// quantiser finds the colours of a frame and, where it dithers, spreads what they lack over the neighbours.
// Its memory serves all frames.
type quantiser struct {
	dither  bool
	bins    [1 << 15]bin   // of 5 bits a channel
	nearest [1 << 15]int16 // index into palette, −1 while unknown
	used    []int32
	palette []color.RGBA // at most transparent
	spread  [2][]int32   // errors of this row and of the next, in sixteenths, with a margin at both ends
}

// transparent is the index of pixels that stay as they were.
const transparent = 255

// bin sums the pixels of nearly one colour.
type bin struct{ n, r, g, b uint64 }

// fixedColours stand in every palette as they are, so that the ground stays even and still.
var fixedColours = []color.RGBA{ground, ink, dim}

func binOf(r, g, b uint8) int { return int(r>>3)<<10 | int(g>>3)<<5 | int(b>>3) }

// convert maps the part r of a frame into out, row by row, and chooses the palette for it. Pixels that are the
// same in before become transparent: what stands still neither flickers nor takes room. before may be nil.
func (q *quantiser) convert(out []byte, src *image.RGBA, before []byte, r image.Rectangle) {
	q.choose(src, before, r)
	w := r.Dx()
	for i := range q.spread {
		if len(q.spread[i]) != 3*(w+2) {
			q.spread[i] = make([]int32, 3*(w+2))
		}
		clear(q.spread[i])
	}
	now, next := q.spread[0], q.spread[1]
	for y := range r.Dy() {
		at := src.PixOffset(r.Min.X, r.Min.Y+y)
		for x := range w {
			i := at + 4*x
			p := src.Pix[i : i+4 : i+4]
			if before != nil && [4]byte(p) == [4]byte(before[i:]) {
				out[y*w+x] = transparent
				continue
			}
			if k := fixedIndex(p); k >= 0 {
				out[y*w+x] = uint8(k)
				continue
			}
			v := [3]int32{int32(p[0]), int32(p[1]), int32(p[2])}
			if q.dither {
				for c, e := range now[3*(x+1):][:3] {
					v[c] = min(max(v[c]+(e+8)>>4, 0), 255)
				}
			}
			k := q.index(v)
			out[y*w+x] = uint8(k)
			if !q.dither {
				continue
			}
			t := q.palette[k]
			for c, d := range [3]int32{v[0] - int32(t.R), v[1] - int32(t.G), v[2] - int32(t.B)} {
				now[3*(x+2)+c] += 7 * d
				next[3*x+c] += 3 * d
				next[3*(x+1)+c] += 5 * d
				next[3*(x+2)+c] += d
			}
		}
		now, next = next, now
		clear(next)
	}
}

func fixedIndex(p []uint8) int {
	for k, f := range fixedColours {
		if p[0] == f.R && p[1] == f.G && p[2] == f.B {
			return k
		}
	}
	return -1
}

// index is the palette's colour nearest to v.
func (q *quantiser) index(v [3]int32) int {
	at := binOf(uint8(v[0]), uint8(v[1]), uint8(v[2]))
	if k := q.nearest[at]; k >= 0 {
		return int(k)
	}
	// The middle of the bin stands for all of it.
	m := [3]int32{v[0]&^7 + 4, v[1]&^7 + 4, v[2]&^7 + 4}
	best, far := 0, int32(1<<30)
	for k, t := range q.palette {
		r, g, b := m[0]-int32(t.R), m[1]-int32(t.G), m[2]-int32(t.B)
		if d := r*r + g*g + b*b; d < far {
			best, far = k, d
		}
	}
	q.nearest[at] = int16(best)
	return best
}

// box is a part of the used bins.
type box struct {
	bins  []int32
	axis  int     // along which it spreads most
	error float64 // summed squares of the distances from the mean along it
	mean  [3]float64
}

// choose makes the palette: bins are parted where the squared error is largest, at the mean of the axis
// along which it is largest.
func (q *quantiser) choose(src *image.RGBA, before []byte, r image.Rectangle) {
	for _, at := range q.used {
		q.bins[at] = bin{}
	}
	q.used = q.used[:0]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for i := src.PixOffset(r.Min.X, y); i < src.PixOffset(r.Max.X, y); i += 4 {
			p := src.Pix[i : i+4 : i+4]
			if before != nil && [4]byte(p) == [4]byte(before[i:]) || fixedIndex(p) >= 0 {
				continue
			}
			at := binOf(p[0], p[1], p[2])
			b := &q.bins[at]
			if b.n == 0 {
				q.used = append(q.used, int32(at))
			}
			b.n, b.r, b.g, b.b = b.n+1, b.r+uint64(p[0]), b.g+uint64(p[1]), b.b+uint64(p[2])
		}
	}
	var boxes []box
	if len(q.used) > 0 {
		boxes = append(boxes, q.measure(q.used))
	}
	for len(boxes) < transparent-len(fixedColours) {
		worst := 0
		for i := range boxes {
			if boxes[i].error > boxes[worst].error {
				worst = i
			}
		}
		if len(boxes) == 0 || boxes[worst].error <= 0 {
			break
		}
		a, b := q.part(boxes[worst])
		boxes[worst] = q.measure(a)
		boxes = append(boxes, q.measure(b))
	}
	q.palette = append(q.palette[:0], fixedColours...)
	for _, b := range boxes {
		q.palette = append(q.palette, color.RGBA{uint8(b.mean[0] + 0.5), uint8(b.mean[1] + 0.5), uint8(b.mean[2] + 0.5), 255})
	}
	for i := range q.nearest {
		q.nearest[i] = -1
	}
}

// mean is a bin's colour along an axis.
func (b bin) mean(axis int) float64 {
	return float64([3]uint64{b.r, b.g, b.b}[axis]) / float64(b.n)
}

func (q *quantiser) measure(bins []int32) box {
	out := box{bins: bins}
	n := 0.0
	for _, at := range bins {
		b := q.bins[at]
		n += float64(b.n)
		for c, s := range [3]uint64{b.r, b.g, b.b} {
			out.mean[c] += float64(s)
		}
	}
	var square [3]float64
	for c := range out.mean {
		out.mean[c] /= n
	}
	for _, at := range bins {
		for c := range square {
			d := q.bins[at].mean(c) - out.mean[c]
			square[c] += d * d * float64(q.bins[at].n)
		}
	}
	for c := range square {
		if len(bins) > 1 && square[c] > out.error {
			out.axis, out.error = c, square[c]
		}
	}
	return out
}

// part parts a box of more than one colour into two that are not empty.
func (q *quantiser) part(b box) (low, high []int32) {
	slices.SortFunc(b.bins, func(x, y int32) int {
		return cmp.Or(cmp.Compare(q.bins[x].mean(b.axis), q.bins[y].mean(b.axis)), cmp.Compare(x, y))
	})
	k, _ := slices.BinarySearchFunc(b.bins, b.mean[b.axis], func(at int32, m float64) int { return cmp.Compare(q.bins[at].mean(b.axis), m) })
	k = min(max(k, 1), len(b.bins)-1)
	return b.bins[:k], b.bins[k:]
}
