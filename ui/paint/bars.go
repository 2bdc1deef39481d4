package paint

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// Bars draws counts as upright bars over the width of a box; the highest fills
// it. ink gives the colour of a bar. A count above 0 is at least a pixel high.
func Bars(dst *image.RGBA, counts []int, b Box, ink func(i int) color.NRGBA) {
	if len(counts) == 0 {
		return
	}
	most := max(slices.Max(counts), 1)
	step := b.W() / float32(len(counts))
	gap := min(float32(1), step/4)
	for i, n := range counts {
		if n <= 0 {
			continue
		}
		h := max(b.H()*float32(n)/float32(most), 1)
		Fill(dst, ink(i), Box{b.X0 + float32(i)*step + gap/2, b.Y1 - h, b.X0 + float32(i+1)*step - gap/2, b.Y1})
	}
}

// Counts sorts values into bins between −limit and limit, ends included; NaN is left out.
func Counts(values []float32, limit float64, bins int) []int {
	out := make([]int, bins)
	for _, v := range values {
		x := (float64(v)/limit + 1) / 2 * float64(bins)
		if x != x {
			continue
		}
		out[min(max(int(math.Floor(x)), 0), bins-1)]++
	}
	return out
}

// Limit is the largest absolute value, 1 where there is none above 0.
func Limit(values []float32) float64 {
	limit := 0.0
	for _, v := range values {
		if a := math.Abs(float64(v)); a > limit && !math.IsInf(a, 1) {
			limit = a
		}
	}
	if limit == 0 {
		return 1
	}
	return limit
}
