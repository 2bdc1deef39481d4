package paint

import (
	"image"
	"image/color"
	"math"
)

// Trace draws a curve through points with rising x, in pixels, anti-aliased.
// It works column by column, which costs a hundredth of filling the outline
// over the whole picture: the chart is drawn anew for each update of a run.
// NaN in ys breaks the curve.
func Trace(dst *image.RGBA, c color.NRGBA, xs, ys []float32, thick float32) {
	w := dst.Bounds().Dx()
	top, bottom := make([]float32, w), make([]float32, w) // of the curve in a column
	for x := range top {
		top[x], bottom[x] = float32(math.Inf(1)), float32(math.Inf(-1))
	}
	reach := func(x int, y float32) {
		if x >= 0 && x < w {
			top[x], bottom[x] = min(top[x], y), max(bottom[x], y)
		}
	}
	for i := range xs {
		if i == 0 || !(ys[i-1] == ys[i-1]) || !(ys[i] == ys[i]) {
			continue
		}
		x0, x1, y0, y1 := xs[i-1], xs[i], ys[i-1], ys[i]
		for x := int(x0); x <= int(x1) && x < w; x++ {
			// The part of the segment that lies in this column.
			from, to := max(x0, float32(x)), min(x1, float32(x+1))
			at := func(v float32) float32 {
				if x1 <= x0 {
					return y1
				}
				return y0 + (y1-y0)*(v-x0)/(x1-x0)
			}
			reach(x, at(from))
			reach(x, at(to))
			if x1 <= x0 {
				reach(x, y0)
			}
		}
	}
	for x := range w {
		if top[x] <= bottom[x] {
			// A steep line is as thick across its direction, so thicker along the column.
			half := thick / 2 * float32(min(math.Hypot(1, float64(bottom[x]-top[x])), 2))
			Span(dst, c, x, top[x]-half+min(half, (bottom[x]-top[x])/2), bottom[x]+half-min(half, (bottom[x]-top[x])/2))
		}
	}
}

// Rule draws a horizontal line of a thickness centred at y.
func Rule(dst *image.RGBA, c color.NRGBA, x0, y, x1, thick float32) {
	for x := int(x0); x < int(x1); x++ {
		Span(dst, c, x, y-thick/2, y+thick/2)
	}
}

// Span blends a colour into the pixels of a column between two heights, by the
// part of each that is covered.
func Span(dst *image.RGBA, c color.NRGBA, x int, from, to float32) {
	h := dst.Bounds().Dy()
	for y := max(int(math.Floor(float64(from))), 0); y < h && float32(y) < to; y++ {
		cover := min(to, float32(y+1)) - max(from, float32(y))
		if cover <= 0 {
			continue
		}
		p := dst.Pix[dst.PixOffset(x, y):][:4]
		a := cover * float32(c.A) / 255
		for k, v := range [4]uint8{c.R, c.G, c.B, 255} {
			p[k] = uint8(float32(p[k])*(1-a) + float32(v)*a + 0.5)
		}
	}
}
