package stimuli

import (
	"image"
	"math"
	"slices"
)

// Channel means in B, G, R order on the 0 … 255 scale.
var (
	// LabMean is the lab's default: the channel means of ilsvrc_2012_mean.npy (kamitani.md §3.1).
	LabMean = [3]float64{104.0069879317889, 116.66876761696767, 122.6789143406786}
	// VGGMean is the one that VGG19's authors state.
	VGGMean = [3]float64{103.939, 116.779, 123.68}
	// RoundMean is the one of the lab's newer PyTorch code.
	RoundMean = [3]float64{104, 117, 123}
)

// ToInput makes the network's input of an opaque image: [3][H][W], channels
// B, G, R, 0 … 255 minus the mean.
func ToInput(img *image.NRGBA, mean [3]float64) []float32 {
	b := img.Bounds()
	w, n := b.Dx(), b.Dx()*b.Dy()
	x := make([]float32, 3*n)
	for y := range b.Dy() {
		row := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]
		for i := range w {
			for c := range 3 {
				x[c*n+y*w+i] = float32(float64(row[4*i+2-c]) - mean[c])
			}
		}
	}
	return x
}

// FromInput is the picture of an input, rounded and clipped to 0 … 255: what is
// shown while a reconstruction runs.
func FromInput(x []float32, h, w int, mean [3]float64) *image.NRGBA {
	return picture(x, h, w, mean, func(v float64) float64 { return v + 0.5 })
}

// Display is the picture of a finished reconstruction as the lab shows it
// (kamitani.md §4.1): values clipped to the percentiles pct/2 and 100 − pct/2
// over all pixels and channels together, the least made 0 and the greatest 255,
// fractions cut off. The lab's pct is 4; 0 stretches without clipping.
func Display(x []float32, h, w int, mean [3]float64, pct float64) *image.NRGBA {
	n := h * w
	sorted := make([]float64, 3*n)
	for i := range sorted {
		sorted[i] = float64(x[i]) + mean[i/n]
	}
	slices.Sort(sorted)
	low, high := percentile(sorted, pct/2), percentile(sorted, 100-pct/2)
	scale := 0.0
	if high > low {
		scale = 255 / (high - low)
	}
	return picture(x, h, w, mean, func(v float64) float64 {
		return (min(max(v, low), high) - low) * scale
	})
}

// percentile interpolates linearly between the order statistics, as NumPy does.
func percentile(sorted []float64, p float64) float64 {
	at := p / 100 * float64(len(sorted)-1)
	i := min(max(int(math.Floor(at)), 0), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

// picture puts the mean back, applies f, cuts fractions off and clips.
func picture(x []float32, h, w int, mean [3]float64, f func(float64) float64) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	n := h * w
	for i := range n {
		for c := range 3 {
			v := f(float64(x[c*n+i]) + mean[c])
			if !(v > 0) { // also where it is not a number
				v = 0
			}
			img.Pix[4*i+2-c] = uint8(min(v, 255))
		}
		img.Pix[4*i+3] = 255
	}
	return img
}
