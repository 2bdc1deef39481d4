package paint

import (
	"image"
	"image/color"
	"math"
)

// Box is a rectangle; X1 and Y1 are its right and lower ends.
type Box struct{ X0, Y0, X1, Y1 float32 }

// Times scales a box.
func (b Box) Times(f float32) Box { return Box{b.X0 * f, b.Y0 * f, b.X1 * f, b.Y1 * f} }

// W is the width.
func (b Box) W() float32 { return b.X1 - b.X0 }

// H is the height.
func (b Box) H() float32 { return b.Y1 - b.Y0 }

// Fill blends a colour into a box, into pixels at its edges by the part that is covered.
func Fill(dst *image.RGBA, c color.NRGBA, b Box) {
	r := dst.Bounds()
	for x := max(int(math.Floor(float64(b.X0))), r.Min.X); x < r.Max.X && float32(x) < b.X1; x++ {
		cover := min(b.X1, float32(x+1)) - max(b.X0, float32(x))
		if cover <= 0 {
			continue
		}
		k := c
		k.A = uint8(float32(c.A)*cover + 0.5)
		Span(dst, k, x, b.Y0, b.Y1)
	}
}

// Dot blends a disc.
func Dot(dst *image.RGBA, c color.NRGBA, x, y, radius float32) {
	r := dst.Bounds()
	for py := max(int(y-radius-1), r.Min.Y); py <= int(y+radius+1) && py < r.Max.Y; py++ {
		for px := max(int(x-radius-1), r.Min.X); px <= int(x+radius+1) && px < r.Max.X; px++ {
			d := radius + 0.5 - float32(math.Hypot(float64(float32(px)+0.5-x), float64(float32(py)+0.5-y)))
			if d > 0 {
				k := c
				k.A = uint8(float32(c.A)*min(d, 1) + 0.5)
				Span(dst, k, px, float32(py), float32(py+1))
			}
		}
	}
}

// Ramp is colours from −1 to 1, evenly apart, the middle one for 0.
type Ramp []color.NRGBA

// At is the colour of a value; outside −1 … 1 it is that of the end, and NaN is 0.
func (r Ramp) At(v float64) color.NRGBA {
	if v != v {
		v = 0
	}
	x := (min(max(v, -1), 1) + 1) / 2 * float64(len(r)-1)
	i := min(int(x), len(r)-2)
	f := x - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-f) + float64(b)*f + 0.5) }
	a, b := r[i], r[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), mix(a.A, b.A)}
}

// Key draws the ramp from left to right.
func Key(dst *image.RGBA, r Ramp, b Box) {
	for x := int(b.X0); float32(x) < b.X1; x++ {
		Fill(dst, r.At(2*float64(float32(x)+0.5-b.X0)/float64(b.W())-1), Box{float32(x), b.Y0, min(float32(x+1), b.X1), b.Y1})
	}
}
