package uitest

import (
	"hash/fnv"
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"reverie/app/session"
	"reverie/compute/brain"
)

var (
	shapeNames  = []string{"square", "small frame", "large frame", "plus", "X"}
	colourNames = []string{"red", "green", "blue", "cyan", "magenta", "yellow", "white", "black"}
	colours     = []color.NRGBA{{200, 60, 60, 255}, {60, 170, 70, 255}, {70, 90, 210, 255}, {60, 170, 180, 255}, {190, 70, 180, 255}, {180, 170, 50, 255}, {245, 245, 245, 255}, {10, 10, 10, 255}}
)

// Draw is the picture of a stimulus: a coloured shape, a letter's blocks, or a
// made-up scene, the same each time.
func Draw(s session.Stimulus, side int) *image.NRGBA {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.Label))
	rng := rand.New(rand.NewPCG(h.Sum64(), 7))
	switch s.Session {
	case brain.Shapes, brain.Imagery:
		return drawShape(s.Label, side)
	case brain.Letters:
		var cells [5][3]bool
		for y := range 5 {
			for x := range 3 {
				cells[y][x] = rng.IntN(2) == 0
			}
		}
		return paint(side, func(x, y float64) color.NRGBA {
			cx, cy := int((x-0.2)/0.2), int((y-0.1)/0.16)
			if x > 0.2 && y > 0.1 && cx < 3 && cy < 5 && cells[cy][cx] {
				return colours[7]
			}
			return color.NRGBA{128, 128, 128, 255}
		})
	}
	return drawScene(rng, side)
}

func drawShape(label string, side int) *image.NRGBA {
	ink, kind := colours[0], 0
	for i, n := range colourNames {
		if len(label) > len(n) && label[len(label)-len(n):] == n {
			ink = colours[i]
		}
	}
	for i, n := range shapeNames {
		if len(label) > len(n) && label[:len(n)] == n {
			kind = i
		}
	}
	return paint(side, func(x, y float64) color.NRGBA {
		u, v := math.Abs(x-0.5), math.Abs(y-0.5)
		m := max(u, v)
		in := false
		switch kind {
		case 0:
			in = m < 0.3
		case 1:
			in = m < 0.22 && m > 0.12
		case 2:
			in = m < 0.36 && m > 0.24
		case 3:
			in = min(u, v) < 0.08 && m < 0.34
		case 4:
			in = math.Abs(u-v) < 0.1 && m < 0.32
		}
		if in {
			return ink
		}
		return color.NRGBA{128, 128, 128, 255}
	})
}

func drawScene(rng *rand.Rand, side int) *image.NRGBA {
	type blob struct {
		x, y, r float64
		c       [3]float64
	}
	blobs := make([]blob, 3+rng.IntN(5))
	for i := range blobs {
		blobs[i] = blob{rng.Float64(), rng.Float64(), 0.08 + 0.2*rng.Float64(), [3]float64{255 * rng.Float64(), 255 * rng.Float64(), 255 * rng.Float64()}}
	}
	p, q := rng.Float64()*6, rng.Float64()*6
	return paint(side, func(x, y float64) color.NRGBA {
		c := [3]float64{110 + 60*math.Sin(p+3*x), 110 + 50*math.Sin(q+4*y), 120 + 50*math.Sin(p-q+3*(x+y))}
		for _, b := range blobs {
			w := 1 / (1 + math.Exp((math.Hypot(x-b.x, y-b.y)-b.r)*40))
			for k := range c {
				c[k] += w * (b.c[k] - c[k])
			}
		}
		return color.NRGBA{uint8(c[0]), uint8(c[1]), uint8(c[2]), 255}
	})
}

func paint(side int, at func(x, y float64) color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			m.SetNRGBA(x, y, at((float64(x)+0.5)/float64(side), (float64(y)+0.5)/float64(side)))
		}
	}
	return m
}

// fade mixes a target, at weight w, with noise.
func fade(target *image.NRGBA, w float64, rng *rand.Rand) *image.NRGBA {
	m := image.NewNRGBA(target.Rect)
	for i, v := range target.Pix {
		if i%4 == 3 {
			m.Pix[i] = 255
			continue
		}
		noise := 118 + 60*(rng.Float64()-0.5)
		m.Pix[i] = uint8(w*float64(v)*0.85 + (1-w*0.85)*noise)
	}
	return m
}
