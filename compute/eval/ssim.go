package eval

import (
	"fmt"
	"image"
	"math"
)

// SSIM names a way to compute the structural similarity of two pictures (Wang, Bovik, Sheikh & Simoncelli 2004). All
// have a Gaussian window of 11 pixels with σ 1.5, population covariances, K₁ 0.01, K₂ 0.03, and values from 0 to 1;
// none resizes: pictures come at the size at which they are compared.
type SSIM string

const (
	// SSIMGrey is on grey, Y = 0.2125 R + 0.7154 G + 0.0721 B, over pixels whose window lies within the picture:
	// scikit-image's structural_similarity of two rgb2gray with gaussian_weights, use_sample_covariance False and
	// data_range 1. It is what brain-diffuser's paper describes, of pictures at FieldSize.
	SSIMGrey SSIM = "grey"
	// SSIMColumns takes each column of the grey picture for a signal by itself. brain-diffuser's script does so: it says
	// multichannel=True of a grey picture, and the scikit-image of its environment (0.17.2) takes the columns for
	// channels. Published numbers of scripts that share the line are these; since 0.20 scikit-image ignores it.
	SSIMColumns SSIM = "grey-columns"
	// SSIMColour is the mean over red, green and blue, each as SSIMGrey: the lab's cookbook, at the size of the
	// reconstruction, with torchmetrics before 1.4.2.
	SSIMColour SSIM = "rgb"
	// SSIMColourBorder is SSIMColour over all pixels, the picture mirrored at its edges: torchmetrics since 1.4.2.
	SSIMColourBorder SSIM = "rgb-border"
)

// FieldSize is the side to which brain-diffuser's evaluation resizes pictures, by Pillow's bicubic, for SSIMGrey,
// SSIMColumns and PixCorr, which is PixelCorrelation there.
const FieldSize = 425

const (
	ssimRadius = 5 // int(3.5·σ + 0.5)
	ssimSigma  = 1.5
	ssimC1     = 0.01 * 0.01
	ssimC2     = 0.03 * 0.03
)

// ssimWindow is the half of the window from its middle outwards; the whole sums to 1.
var ssimWindow = func() (k [ssimRadius + 1]float64) {
	sum := 0.0
	for i := range k {
		k[i] = math.Exp(-0.5 * float64(i*i) / (ssimSigma * ssimSigma))
		sum += 2 * k[i]
	}
	sum -= k[0]
	for i := range k {
		k[i] /= sum
	}
	return k
}()

// StructuralSimilarity is the mean SSIM of two opaque pictures of one size, at least 11 × 11: 1 where they are
// equal, about 0 where they have nothing in common, negative where one is the other's negative. It is the same with
// the pictures exchanged.
func StructuralSimilarity(kind SSIM, a, b *image.NRGBA) (float64, error) {
	size := a.Bounds().Size()
	if size != b.Bounds().Size() {
		return 0, fmt.Errorf("structural similarity of pictures of %v and %v: resize one first", size, b.Bounds().Size())
	}
	if size.X <= 2*ssimRadius || size.Y <= 2*ssimRadius {
		return 0, fmt.Errorf("structural similarity of pictures of %v, want at least %d × %d", size, 2*ssimRadius+1, 2*ssimRadius+1)
	}
	switch kind {
	case SSIMGrey, SSIMColumns:
		return newPlane(a, grey).ssim(newPlane(b, grey), kind == SSIMColumns), nil
	case SSIMColour, SSIMColourBorder:
		sum := 0.0
		for c := range 3 {
			of := func(p []uint8) float64 { return float64(p[c]) / 255 }
			x, y := newPlane(a, of), newPlane(b, of)
			if kind == SSIMColourBorder {
				x, y = x.mirrored(), y.mirrored()
			}
			sum += x.ssim(y, false)
		}
		return sum / 3, nil
	}
	return 0, fmt.Errorf("structural similarity %q: choose %s, %s, %s or %s", kind, SSIMGrey, SSIMColumns, SSIMColour, SSIMColourBorder)
}

// grey is scikit-image's rgb2gray.
func grey(p []uint8) float64 {
	return 0.2125*(float64(p[0])/255) + 0.7154*(float64(p[1])/255) + 0.0721*(float64(p[2])/255)
}

// plane is one channel, row by row.
type plane struct {
	w, h int
	v    []float64
}

func newPlane(img *image.NRGBA, of func(rgb []uint8) float64) plane {
	b := img.Bounds()
	p := plane{b.Dx(), b.Dy(), make([]float64, 0, b.Dx()*b.Dy())}
	for y := range p.h {
		row := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]
		for x := range p.w {
			p.v = append(p.v, of(row[4*x:4*x+3]))
		}
	}
	return p
}

// mirrored adds a border as wide as the window's radius, mirrored about the middle of the outermost pixels.
func (p plane) mirrored() plane {
	at := func(i, n int) int {
		if i -= ssimRadius; i < 0 {
			return -i
		} else if i >= n {
			return 2*(n-1) - i
		}
		return i
	}
	out := plane{p.w + 2*ssimRadius, p.h + 2*ssimRadius, nil}
	out.v = make([]float64, 0, out.w*out.h)
	for y := range out.h {
		row := p.v[at(y, p.h)*p.w:][:p.w]
		for x := range out.w {
			out.v = append(out.v, row[at(x, p.w)])
		}
	}
	return out
}

// ssim is the mean over the pixels whose window lies within; with columns the window is one pixel wide.
func (p plane) ssim(q plane, columns bool) float64 {
	// Windowed x, y, x², y² and xy of one row at a time: first along columns, then along the row.
	var tall, full [5][]float64
	for k := range tall {
		tall[k] = make([]float64, p.w)
		full[k] = make([]float64, p.w-2*ssimRadius)
		if columns {
			full[k] = tall[k]
		}
	}
	sum := 0.0
	for y := ssimRadius; y < p.h-ssimRadius; y++ {
		for k := range tall {
			clear(tall[k])
		}
		for d := -ssimRadius; d <= ssimRadius; d++ {
			addRow(&tall, p.v[(y+d)*p.w:][:p.w], q.v[(y+d)*p.w:][:p.w], ssimWindow[max(d, -d)])
		}
		if !columns {
			for k := range tall {
				alongRow(full[k], tall[k])
			}
		}
		sum += ssimRow(&full)
	}
	return sum / float64(len(full[0])*(p.h-2*ssimRadius))
}

// addRow adds a row's x, y, x², y² and xy, weighted.
func addRow(to *[5][]float64, x, y []float64, weight float64) {
	n := len(x)
	y, tx, ty, txx, tyy, txy := y[:n], to[0][:n], to[1][:n], to[2][:n], to[3][:n], to[4][:n]
	for i, a := range x {
		b := y[i]
		wa, wb := weight*a, weight*b
		tx[i] += wa
		ty[i] += wb
		txx[i] += wa * a
		tyy[i] += wb * b
		txy[i] += wa * b
	}
}

// alongRow windows a row; out is shorter by the window's two radii.
func alongRow(out, in []float64) {
	k := &ssimWindow
	for i := range out {
		v := in[i : i+2*ssimRadius+1]
		out[i] = k[0]*v[5] + k[1]*(v[4]+v[6]) + k[2]*(v[3]+v[7]) + k[3]*(v[2]+v[8]) + k[4]*(v[1]+v[9]) + k[5]*(v[0]+v[10])
	}
}

// ssimRow sums the index over a row of windowed x, y, x², y² and xy.
func ssimRow(m *[5][]float64) float64 {
	sum := 0.0
	for i, x := range m[0] {
		y := m[1][i]
		xx, yy, xy := m[2][i]-x*x, m[3][i]-y*y, m[4][i]-x*y
		sum += (2*x*y + ssimC1) * (2*xy + ssimC2) / ((x*x + y*y + ssimC1) * (xx + yy + ssimC2))
	}
	return sum
}
