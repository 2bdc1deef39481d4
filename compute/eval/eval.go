// Package eval measures reconstructions and decoded features as the paper and
// the lab's tools do.
package eval

import (
	"errors"
	"fmt"
	"image"
	"math"
)

// Correlation is Pearson's r of two vectors; NaN where one of them is constant.
func Correlation(a, b []float64) float64 {
	if len(a) != len(b) {
		panic("compute/eval: vectors of different length")
	}
	n := float64(len(a))
	var ma, mb float64
	for i := range a {
		ma += a[i] / n
		mb += b[i] / n
	}
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return ab / math.Sqrt(aa*bb)
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

// Identification is how often a reconstruction is more like its own original
// than like another.
type Identification struct {
	// Pairwise is, per reconstruction, the fraction of the other candidates that are less like it than its own.
	Pairwise []float64
	// Best is, per reconstruction, whether no candidate is as like it as its own: one of all.
	Best []bool
	// Candidates is the number of originals.
	Candidates int
}

// Identify compares reconstructions with all candidate originals by
// correlation; own[i] is the candidate of reconstruction i. As in bdpy the
// comparison is strict: a tie is not a success. A correlation that is not a
// number counts as the lowest.
func Identify(recon, candidates [][]float64, own []int) (Identification, error) {
	if len(candidates) < 2 {
		return Identification{}, fmt.Errorf("identification among %d originals, want at least 2", len(candidates))
	}
	out := Identification{Candidates: len(candidates)}
	for i, x := range recon {
		r := make([]float64, len(candidates))
		for j, c := range candidates {
			if r[j] = Correlation(x, c); math.IsNaN(r[j]) {
				r[j] = math.Inf(-1)
			}
		}
		less := 0
		for j := range candidates {
			if j != own[i] && r[j] < r[own[i]] {
				less++
			}
		}
		out.Pairwise = append(out.Pairwise, float64(less)/float64(len(candidates)-1))
		out.Best = append(out.Best, less == len(candidates)-1)
	}
	return out, nil
}
