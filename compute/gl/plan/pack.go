package plan

import (
	"math"

	"reverie/compute/nn"
)

// Form is an order of packed weights.
type Form uint8

const (
	Taps     Form = iota // [ky·KW+kx][out][in/4] vec4 along the inputs
	Winograd             // [position][out][in/4]
	Dense                // [out][in/4], inputs in channel quads: c/4, y, x, c%4
	Biases               // [out/4]
)

// Pack says how a layer's parameters become a constant tensor. Outputs are
// rounded up to quads and padded with zeros, inputs too.
type Pack struct {
	Layer  string
	Form   Form
	In     nn.Shape
	Out    int
	KH, KW int
}

// Floats is the length of the packed values.
func (p Pack) Floats() int {
	out := 4 * quads(p.Out)
	switch p.Form {
	case Taps:
		return p.KH * p.KW * out * 4 * quads(p.In.C)
	case Winograd:
		return 36 * out * 4 * quads(p.In.C)
	case Dense:
		return out * 4 * quads(p.In.C) * p.In.H * p.In.W
	}
	return out
}

// Rows packs outputs [from,to) of the layer, dst being the whole but for Dense: a
// large layer is packed and sent in parts: dst begins at row from. dst is zero at the start.
func (p Pack) Rows(w nn.Param, from, to int, dst []float32) {
	in4 := quads(p.In.C)
	switch p.Form {
	case Biases:
		copy(dst[from:], w.B[from:to])
	case Dense:
		hw := p.In.H * p.In.W
		for o := from; o < to; o++ {
			row, src := dst[(o-from)*4*in4*hw:], w.W[o*p.In.C*hw:]
			for c := range p.In.C {
				for i := range hw {
					row[4*(c/4*hw+i)+c%4] = src[c*hw+i]
				}
			}
		}
	case Taps:
		taps, rows := p.KH*p.KW, 4*quads(p.Out)
		for o := from; o < to; o++ {
			for c := range p.In.C {
				src := w.W[(o*p.In.C+c)*taps:]
				for t := range taps {
					dst[(t*rows+o)*4*in4+c] = src[t]
				}
			}
		}
	case Winograd:
		rows := 4 * quads(p.Out)
		for o := from; o < to; o++ {
			for c := range p.In.C {
				u := transformWeights(w.W[(o*p.In.C+c)*9:])
				for t := range u {
					dst[(t*rows+o)*4*in4+c] = float32(u[t])
				}
			}
		}
	}
}

// winogradG is the weight transform for the points 0, √½, −√½, √2, −√2, ∞: row p
// is (1, p, p²) over the product of p's distances to the other finite points.
var winogradG = func() (g [6][3]float64) {
	points := []float64{0, math.Sqrt(0.5), -math.Sqrt(0.5), math.Sqrt2, -math.Sqrt2}
	for i, p := range points {
		n := 1.0
		for j, q := range points {
			if j != i {
				n *= p - q
			}
		}
		g[i] = [3]float64{1 / n, p / n, p * p / n}
	}
	g[5][2] = 1
	return g
}()

// transformWeights is GgGᵀ of one 3×3 kernel, in float64.
func transformWeights(k []float32) (u [36]float64) {
	var t [6][3]float64
	for i, g := range winogradG {
		for x := range 3 {
			t[i][x] = g[0]*float64(k[x]) + g[1]*float64(k[3+x]) + g[2]*float64(k[6+x])
		}
	}
	for i := range 6 {
		for j, g := range winogradG {
			u[6*i+j] = t[i][0]*g[0] + t[i][1]*g[1] + t[i][2]*g[2]
		}
	}
	return u
}
