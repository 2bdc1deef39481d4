package vm

import (
	"image"
	"image/color"

	"reverie/app/session"
)

// DifferenceRange is the grey levels of a difference that its colours end at.
const DifferenceRange = 128

// Difference shows where a picture is brighter than its target (red) and where darker (blue), white where
// they are alike: the mean over the colour channels, ending at ±DifferenceRange. Both must have one size; else nil.
func Difference(picture *session.Raw, target *image.NRGBA) *image.NRGBA {
	if picture == nil || target == nil || target.Bounds().Dx() != picture.W || target.Bounds().Dy() != picture.H {
		return nil
	}
	out := image.NewNRGBA(image.Rect(0, 0, picture.W, picture.H))
	for y := range picture.H {
		row := target.Pix[target.PixOffset(target.Rect.Min.X, target.Rect.Min.Y+y):]
		for x := range picture.W {
			d := float32(0)
			for c, v := range picture.RGB[3*(y*picture.W+x):][:3] {
				d += (v - float32(row[4*x+c])) / 3
			}
			out.SetNRGBA(x, y, diverging(d/DifferenceRange))
		}
	}
	return out
}

// diverging goes from blue by white to red over −1 … 1.
func diverging(v float32) color.NRGBA {
	end := [3]float32{178, 24, 43}
	if v < 0 {
		v, end = -v, [3]float32{33, 102, 172}
	}
	v = min(v, 1)
	at := func(e float32) uint8 { return uint8(247 + (e-247)*v + 0.5) }
	return color.NRGBA{at(end[0]), at(end[1]), at(end[2]), 255}
}
