package plan

import (
	"reverie/compute/nn"
	"reverie/shaders"
)

// Layout is how an activation lies: [C/4][rows][row] vec4, with a border of zeros
// where convolutions read it. Sizes are rounded up to whole Winograd tiles.
type Layout struct {
	C, H, W int
	Border  bool
	View    shaders.View
}

// quads is the number of channel quads.
func quads(c int) int { return (c + 3) / 4 }

// C4 is the number of channel quads.
func (l Layout) C4() int { return quads(l.C) }

// imageQuantum is 256 bytes in vec4: the strictest alignment of bound ranges.
const imageQuantum = 16

func layout(s nn.Shape, border bool) Layout {
	l := Layout{C: s.C, H: s.H, W: s.W, Border: border}
	l.View.Row, l.View.Plane = s.W, s.W*s.H
	if border {
		l.View.Row = (s.W+3)/4*4 + 2
		l.View.Plane = l.View.Row * ((s.H+3)/4*4 + 2)
		l.View.Origin = l.View.Row + 1
	}
	l.View.Image = roundUp(l.C4()*l.View.Plane, imageQuantum)
	return l
}

// Bytes is the size of one image.
func (l Layout) Bytes() int64 { return 16 * int64(l.View.Image) }

// Units is the number of values without padding.
func (l Layout) Units() int { return l.C * l.H * l.W }

// Scatter puts C,H,W values into a layout; dst has 4·View.Image values and what lies between is left alone.
func (l Layout) Scatter(dst, chw []float32) {
	for c := range l.C {
		plane := 4*(l.View.Origin+c/4*l.View.Plane) + c%4
		for y := range l.H {
			to, from := plane+4*y*l.View.Row, (c*l.H+y)*l.W
			for x := range l.W {
				dst[to+4*x] = chw[from+x]
			}
		}
	}
}

// Fill sets every value of an image in a layout and leaves alone what lies between.
func (l Layout) Fill(dst []float32, v float32) {
	for c := range l.C {
		for y := range l.H {
			row := dst[4*(l.View.Origin+c/4*l.View.Plane+y*l.View.Row)+c%4:]
			for x := range l.W {
				row[4*x] = v
			}
		}
	}
}

func roundUp[T int | int64](v, unit T) T { return (v + unit - 1) / unit * unit }
