package bdtb

import (
	"image"
	"image/color"
)

// patches is the side of the grid that figures are drawn on; the 8x8 in their names is the middle of it.
const patches = 10

// Figures draws the five figures of the figure-image session, size × size pixels, by label. They are drawn from the
// names in the file and the description of the experiment (Miyawaki et al. 2008: 10 × 10 patches, a lit patch is a
// black and white 2 × 2 checker, the rest grey); they are not the original stimulus files, and the
// line widths are ours.
func Figures(size int) map[string]*image.NRGBA {
	ring := func(x, y, from, to int) bool {
		in := x >= from && x <= to && y >= from && y <= to
		return in && (x == from || x == to || y == from || y == to)
	}
	lit := map[string]func(x, y int) bool{
		"square8x8":     func(x, y int) bool { return x >= 3 && x <= 6 && y >= 3 && y <= 6 },
		"smallFrame8x8": func(x, y int) bool { return ring(x, y, 3, 6) },
		"largeFrame8x8": func(x, y int) bool { return ring(x, y, 1, 8) },
		"plus8x8": func(x, y int) bool {
			return x >= 1 && x <= 8 && y >= 1 && y <= 8 && (x == 4 || x == 5 || y == 4 || y == 5)
		},
		"cross8x8": func(x, y int) bool { return x >= 1 && x <= 8 && y >= 1 && y <= 8 && (x == y || x+y == patches-1) },
	}
	out := map[string]*image.NRGBA{}
	for name, on := range lit {
		out[name] = draw(size, on)
	}
	return out
}

func draw(size int, on func(x, y int) bool) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			// In half patches, the checks.
			x, y := px*2*patches/size, py*2*patches/size
			c := uint8(128)
			if on(x/2, y/2) {
				c = 255 * uint8((x+y)%2)
			}
			img.SetNRGBA(px, py, color.NRGBA{c, c, c, 255})
		}
	}
	return img
}
