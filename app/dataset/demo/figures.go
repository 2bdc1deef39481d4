package demo

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The shapes of Miyawaki et al. 2008 and the colours of the paper.
var (
	shapeNames  = []string{"square", "smallframe", "largeframe", "plus", "cross"}
	colourNames = []string{"red", "green", "blue", "cyan", "magenta", "yellow", "white", "black"}
	letters     = "ACEINORSTU"
)

// hues are the six chromatic colours before their luminance is matched.
var hues = map[string]rgb{
	"red": {1, 0, 0}, "green": {0, 1, 0}, "blue": {0, 0, 1},
	"cyan": {0, 1, 1}, "magenta": {1, 0, 1}, "yellow": {1, 1, 0},
}

// Grounds as grey values of the file, and the luminance that the colours share: that of full blue.
const (
	shapeGround  = 128.0 / 255
	letterGround = 200.0 / 255
	matched      = 0.0722
)

// decode and encode are the transfer curve of sRGB (IEC 61966-2-1).
func decode(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func encode(v float64) float64 {
	if v <= 0.0031308 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// luminance of a linear colour, relative to white (Rec. 709 primaries).
func luminance(c rgb) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

// matchedColour is a hue at the common luminance, in linear light: darkened, or
// lightened with white where it is too dark in full.
func matchedColour(name string) rgb {
	switch name {
	case "white":
		return rgb{1, 1, 1}
	case "black":
		return rgb{}
	}
	c := hues[name]
	if y := luminance(c); y >= matched {
		return c.scale(matched / y)
	}
	return c.mix(rgb{1, 1, 1}, (matched-luminance(c))/(1-luminance(c)))
}

// shapeLabel names a shape picture, such as red_square.
func shapeLabel(shape, colour string) string { return colour + "_" + shape }

// shapePicture draws one of the 40 shapes.
func shapePicture(shape, colour string) *image.NRGBA {
	const mid, arm = Size / 2, 8
	ground := decode(shapeGround)
	v := flat(rgb{ground, ground, ground})
	c := matchedColour(colour) // mixed with the ground in linear light, so edges match in luminance too
	v.shape(1, func(x, y float64) float64 {
		x, y = x-mid, y-mid
		switch shape {
		case "square":
			return box(x, y, 24, 24)
		case "smallframe":
			return max(box(x, y, 24, 24), -box(x, y, 10, 10))
		case "largeframe":
			return max(box(x, y, 44, 44), -box(x, y, 30, 30))
		case "plus":
			return min(box(x, y, 40, arm), box(x, y, arm, 40))
		}
		u, w := (x+y)*math.Sqrt2/2, (x-y)*math.Sqrt2/2 // cross: the plus turned by 45°
		return min(box(u, w, 48, arm), box(u, w, arm, 48))
	}, func(_, _ float64) rgb { return c })
	for i, p := range v {
		v[i] = rgb{encode(p[0]), encode(p[1]), encode(p[2])}
	}
	return v.image()
}

// letterPicture draws a black letter in the middle of a light ground.
func letterPicture(letter rune) (*image.NRGBA, error) {
	f, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("the font of the letters: %w", err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 120, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("the font of the letters: %w", err)
	}
	defer face.Close()
	img := flat(rgb{letterGround, letterGround, letterGround}).image()
	box, _, _ := face.GlyphBounds(letter)
	centre := func(lo, hi fixed.Int26_6) fixed.Int26_6 { return fixed.I(Size/2) - (lo+hi)/2 }
	pen := font.Drawer{Dst: img, Src: image.NewUniform(color.Black), Face: face,
		Dot: fixed.Point26_6{X: centre(box.Min.X, box.Max.X), Y: centre(box.Min.Y, box.Max.Y)}}
	pen.DrawString(string(letter))
	return img, nil
}
