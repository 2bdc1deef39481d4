package demo

import (
	"image"
	"math"

	"reverie/compute/nn"
)

// Size is the width and height of the stimuli in pixels: the demo network's input.
const Size = 128

// rgb is a colour on the 0 … 1 scale, as encoded in the file (sRGB).
type rgb [3]float64

func (a rgb) mix(b rgb, t float64) rgb {
	return rgb{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t, a[2] + (b[2]-a[2])*t}
}

func (a rgb) scale(k float64) rgb { return rgb{a[0] * k, a[1] * k, a[2] * k} }

// hsv makes a colour from hue, saturation and value, each 0 … 1.
func hsv(h, s, v float64) rgb {
	var c rgb
	for i, shift := range [3]float64{5, 3, 1} {
		k := math.Mod(shift+6*h, 6)
		c[i] = v - v*s*max(0, min(k, 4-k, 1))
	}
	return c
}

// dice draws numbers one after the other from a counter-based stream.
type dice struct {
	s nn.Stream
	i uint64
}

func (d *dice) uniform() float64 { d.i++; return d.s.Uniform(d.i - 1) }

func (d *dice) between(a, b float64) float64 { return a + (b-a)*d.uniform() }

// intn is a whole number of 0 … n−1.
func (d *dice) intn(n int) int { return int(d.uniform() * float64(n)) }

// canvas is a picture in the making.
type canvas [Size * Size]rgb

func flat(c rgb) *canvas {
	var v canvas
	for i := range v {
		v[i] = c
	}
	return &v
}

// shape paints where distance, the signed distance in pixels from the outline
// (negative inside), is below zero: one pixel of antialiasing, or a softer edge.
func (v *canvas) shape(softness float64, distance func(x, y float64) float64, colour func(x, y float64) rgb) {
	softness = max(softness, 1)
	for i := range v {
		x, y := float64(i%Size)+0.5, float64(i/Size)+0.5
		cover := min(max(0.5-distance(x, y)/softness, 0), 1)
		if cover > 0 {
			v[i] = v[i].mix(colour(x, y), cover*cover*(3-2*cover))
		}
	}
}

// image rounds to 8 bits.
func (v *canvas) image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, Size, Size))
	for i, c := range v {
		for k := range 3 {
			img.Pix[4*i+k] = uint8(min(max(c[k], 0), 1)*255 + 0.5)
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// rotated gives the coordinates of a frame at (cx, cy) turned by angle.
func rotated(cx, cy, angle float64) func(x, y float64) (u, w float64) {
	sin, cos := math.Sincos(angle)
	return func(x, y float64) (float64, float64) {
		x, y = x-cx, y-cy
		return cos*x + sin*y, cos*y - sin*x
	}
}

// box is the signed distance from a rectangle of half sizes a, b at the origin.
func box(u, w, a, b float64) float64 {
	u, w = math.Abs(u)-a, math.Abs(w)-b
	return math.Hypot(max(u, 0), max(w, 0)) + min(max(u, w), 0)
}

// field is smooth noise with a 1/f amplitude spectrum, about unit variance:
// octaves of interpolated lattice noise, each half as wide and half as strong.
func field(d *dice, coarsest int) *[Size * Size]float64 {
	var f [Size * Size]float64
	amplitude, power := 1.0, 0.0
	for cell := coarsest; cell >= 2; cell /= 2 {
		n := Size/cell + 3
		lattice := make([]float64, n*n)
		for i := range lattice {
			lattice[i] = d.s.Normal(1<<20 + d.i + uint64(i))
		}
		d.i += uint64(2 * n * n)
		ox, oy := d.uniform(), d.uniform()
		for i := range f {
			x, y := float64(i%Size)/float64(cell)+ox, float64(i/Size)/float64(cell)+oy
			f[i] += amplitude * spline(lattice, n, x, y)
		}
		power += amplitude * amplitude * 0.25
		amplitude /= 2
	}
	norm := 1 / math.Sqrt(power)
	for i := range f {
		f[i] *= norm
	}
	return &f
}

// spline interpolates a lattice with the quadratic B-spline, which has no grid lines.
func spline(lattice []float64, n int, x, y float64) float64 {
	ix, iy := int(x), int(y)
	wx, wy := quadratic(x-float64(ix)), quadratic(y-float64(iy))
	sum := 0.0
	for j, b := range wy {
		row := lattice[(iy+j)*n+ix:]
		sum += b * (wx[0]*row[0] + wx[1]*row[1] + wx[2]*row[2])
	}
	return sum
}

func quadratic(t float64) [3]float64 {
	return [3]float64{(1 - t) * (1 - t) / 2, 0.5 + t*(1-t), t * t / 2}
}
