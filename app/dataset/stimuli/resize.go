package stimuli

import (
	"image"
	"math"
)

// precision is the number of fractional bits of a filter weight: 8 bits are
// left for the pixel and 2 for the overshoot of the bicubic filter (Pillow,
// Resample.c, PRECISION_BITS).
const precision = 32 - 8 - 2

// Resize makes an image of w × h pixels with Pillow's BICUBIC resampling, bit
// for bit: cubic with a = −0.5, the support widened by the ratio when shrinking
// (so it does not alias), fixed-point weights, first along rows, then along
// columns with 8-bit values between. The aspect is not kept. Alpha is treated
// as one more channel; images from Load are opaque.
func Resize(img *image.NRGBA, w, h int) *image.NRGBA {
	b := img.Bounds()
	if b.Dx() == w && b.Dy() == h {
		return crop(img)
	}
	src := crop(img)
	if b.Dx() != w {
		src = alongRows(src, w)
	}
	if b.Dy() != h {
		src = alongColumns(src, h)
	}
	return src
}

// crop copies an image so that it starts at (0,0) with the smallest stride.
func crop(img *image.NRGBA) *image.NRGBA {
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		at := img.PixOffset(b.Min.X, b.Min.Y+y)
		copy(out.Pix[y*out.Stride:(y+1)*out.Stride], img.Pix[at:at+4*b.Dx()])
	}
	return out
}

// taps are the fixed-point weights of one output pixel: the input pixels first, first+1, ….
type taps struct {
	first  int
	weight []int32
}

func bicubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

// filter is Pillow's precompute_coeffs with normalize_coeffs_8bpc.
func filter(in, out int) []taps {
	scale := float64(in) / float64(out)
	wide := max(scale, 1)
	support := 2 * wide
	all := make([]taps, out)
	w := make([]float64, 0, 2*int(math.Ceil(support))+1)
	for i := range all {
		centre := (float64(i) + 0.5) * scale
		from := max(int(centre-support+0.5), 0)
		to := min(int(centre+support+0.5), in)
		w = w[:0]
		sum := 0.0
		for x := from; x < to; x++ {
			v := bicubic((float64(x) - centre + 0.5) * (1 / wide))
			w = append(w, v)
			sum += v
		}
		t := taps{first: from, weight: make([]int32, len(w))}
		for k, v := range w {
			if sum != 0 {
				v /= sum
			}
			v *= 1 << precision
			if v < 0 {
				t.weight[k] = int32(v - 0.5)
			} else {
				t.weight[k] = int32(v + 0.5)
			}
		}
		all[i] = t
	}
	return all
}

// clip8 rounds a fixed-point sum (which already holds the half) to 0 … 255.
func clip8(v int32) uint8 { return uint8(min(max(v>>precision, 0), 255)) }

func alongRows(src *image.NRGBA, w int) *image.NRGBA {
	h := src.Bounds().Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	taps := filter(src.Bounds().Dx(), w)
	for y := range h {
		in, to := src.Pix[y*src.Stride:], out.Pix[y*out.Stride:]
		for x, t := range taps {
			convolve(to[4*x:4*x+4], in[4*t.first:], 4, t.weight)
		}
	}
	return out
}

func alongColumns(src *image.NRGBA, h int) *image.NRGBA {
	w := src.Bounds().Dx()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y, t := range filter(src.Bounds().Dy(), h) {
		for x := range w {
			convolve(out.Pix[y*out.Stride+4*x:][:4], src.Pix[t.first*src.Stride+4*x:], src.Stride, t.weight)
		}
	}
	return out
}

// convolve sums the four channels of pixels that lie step bytes apart.
func convolve(dst, src []uint8, step int, weight []int32) {
	const half = 1 << (precision - 1)
	r, g, b, a := int32(half), int32(half), int32(half), int32(half)
	at := 0
	for _, k := range weight {
		p := src[at : at+4]
		r += int32(p[0]) * k
		g += int32(p[1]) * k
		b += int32(p[2]) * k
		a += int32(p[3]) * k
		at += step
	}
	dst[0], dst[1], dst[2], dst[3] = clip8(r), clip8(g), clip8(b), clip8(a)
}
