// Package eval measures reconstructions and decoded features as the paper and
// the lab's tools do (kamitani.md §6).
package eval

import (
	"errors"
	"fmt"
	"image"
	"math"
)

// Float is what features (float32) and pixels (float64) are kept in; sums are float64.
type Float interface{ float32 | float64 }

// Correlation is Pearson's r of two vectors of one length; NaN where one of
// them is constant or holds a NaN.
func Correlation[T Float](a, b []T) float64 {
	if len(a) != len(b) {
		panic("compute/eval: vectors of different length")
	}
	return correlate(a, b, momentsOf(a), momentsOf(b))
}

// moments are the mean and the norm about the mean; norm is NaN for a constant vector.
type moments struct{ mean, norm float64 }

func momentsOf[T Float](v []T) moments {
	var m moments
	constant := true
	for _, x := range v {
		m.mean += float64(x)
		constant = constant && x == v[0]
	}
	m.mean /= float64(len(v))
	// The mean of equal values is rounded: their norm may come out as some ulps, not 0.
	if constant {
		m.norm = math.NaN()
		return m
	}
	for _, x := range v {
		m.norm += (float64(x) - m.mean) * (float64(x) - m.mean)
	}
	m.norm = math.Sqrt(m.norm)
	return m
}

func correlate[T Float](a, b []T, ma, mb moments) float64 {
	sum := 0.0
	for i := range a {
		sum += (float64(a[i]) - ma.mean) * (float64(b[i]) - mb.mean)
	}
	r := sum / (ma.norm * mb.norm)
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return math.NaN()
	}
	return max(-1, min(1, r))
}

// Pixels flattens a picture to its RGB values, 0–255.
func Pixels(img *image.NRGBA) []float64 {
	b := img.Bounds()
	out := make([]float64, 0, b.Dx()*b.Dy()*3)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			i := img.PixOffset(x, y)
			out = append(out, float64(img.Pix[i]), float64(img.Pix[i+1]), float64(img.Pix[i+2]))
		}
	}
	return out
}

// PixelCorrelation is Pearson's r over all pixels and colours of two pictures of one size.
func PixelCorrelation(a, b *image.NRGBA) (float64, error) {
	if a.Bounds().Size() != b.Bounds().Size() {
		return 0, fmt.Errorf("pixel correlation of pictures of %v and %v: resize one first", a.Bounds().Size(), b.Bounds().Size())
	}
	r := Correlation(Pixels(a), Pixels(b))
	if math.IsNaN(r) {
		return 0, errors.New("pixel correlation: one picture is of one colour")
	}
	return r, nil
}
