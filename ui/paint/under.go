package paint

import (
	"image"
	"image/color"
)

// Under fills what lies below a line of points in order of x, down to the lower edge. Points with a y that
// is no number are left out.
func Under(dst *image.RGBA, c color.NRGBA, xs, ys []float32) {
	b := dst.Bounds()
	px, py := float32(0), float32(0)
	have := false
	for i, x := range xs {
		y := ys[i]
		if y != y {
			continue
		}
		if have && x > px {
			for col := int(px); col <= int(x) && col < b.Dx(); col++ {
				t := min(max((float32(col)-px)/(x-px), 0), 1)
				for row := max(int(py+(y-py)*t), 0); row < b.Dy(); row++ {
					dst.Set(b.Min.X+col, b.Min.Y+row, c)
				}
			}
		}
		px, py, have = x, y, true
	}
}
