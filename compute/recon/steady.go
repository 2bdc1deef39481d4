package recon

import (
	"math"

	"reverie/compute/nn"
)

// Regularisers and stabilisers of the released code (icnn's utils.py), on images [C][H][W].

// pNorm is the gradient of Σ|x|^p.
func pNorm(g, x []float64, p float64) {
	switch p {
	case 2:
		for i, v := range x {
			g[i] = 2 * v
		}
	case 3:
		for i, v := range x {
			g[i] = 3 * math.Abs(v) * v
		}
	default:
		for i, v := range x {
			g[i] = p * math.Copysign(math.Pow(math.Abs(v), p-1), v)
			if v == 0 {
				g[i] = 0
			}
		}
	}
}

// totalVariation is the gradient of Σ(d₁²+d₂²)^(β/2), with d₁, d₂ the differences to the next row and
// column, 0 at the last. Powers are taken of at least 10⁻⁵, as the code does.
func totalVariation(g, x []float64, s nn.Shape, beta float64) {
	clear(g)
	for y := range s.C * s.H {
		at := y * s.W
		row, out := x[at:at+s.W], g[at:at+s.W]
		below, outBelow := row, out // of the last row: no difference, nothing to add
		if (y+1)%s.H != 0 {
			below, outBelow = x[at+s.W:at+2*s.W], g[at+s.W:at+2*s.W]
		}
		for i, v := range row {
			d1, d2 := below[i]-v, 0.0
			if i+1 < len(row) {
				d2 = row[i+1] - v
			}
			k := beta
			if beta != 2 {
				size := max(math.Pow(math.Sqrt(d1*d1+d2*d2), beta), 1e-5)
				k *= math.Pow(size, 2*(beta/2-1)/beta)
			}
			out[i] -= k * (d1 + d2)
			outBelow[i] += k * d1
			if i+1 < len(out) {
				out[i+1] += k * d2
			}
		}
	}
}

// clipExtreme clips to the percentiles pct/2 and 100 − pct/2 of all values.
func clipExtreme(x, scratch []float64, pct float64) {
	copy(scratch, x)
	low := percentile(scratch, pct/2)
	high := percentile(scratch, 100-pct/2)
	for i, v := range x {
		x[i] = min(max(v, low), high)
	}
}

// clipSmall makes the pixels 0 whose norm over the channels, of x or of x times the gradient where
// there is one, lies below the percentile pct.
func clipSmall(x, gradient, scratch []float64, s nn.Shape, pct float64) {
	plane := s.H * s.W
	norms, order := scratch[:plane], scratch[plane:2*plane]
	for i := range norms {
		sum := 0.0
		for c := range s.C {
			v := x[c*plane+i]
			if gradient != nil {
				v *= gradient[c*plane+i]
			}
			sum += v * v
		}
		norms[i] = math.Sqrt(sum)
	}
	copy(order, norms)
	limit := percentile(order, pct)
	for i, v := range norms {
		if v < limit {
			for c := range s.C {
				x[c*plane+i] = 0
			}
		}
	}
}

// blur is scipy.ndimage.gaussian_filter of each channel: cut at 4 σ, edges mirrored with the last pixel twice.
func blur(x, scratch []float64, s nn.Shape, sigma float64) {
	if sigma <= 0 {
		return
	}
	radius := int(4*sigma + 0.5)
	w := make([]float64, radius+1)
	sum := 0.0
	for i := range w {
		w[i] = math.Exp(-float64(i*i) / (2 * sigma * sigma))
		sum += w[i]
		if i > 0 {
			sum += w[i]
		}
	}
	for i := range w {
		w[i] /= sum
	}
	plane := s.H * s.W
	long := make([]float64, s.W+2*radius) // a row with its mirrored ends
	for c := range s.C {
		from, to := x[c*plane:(c+1)*plane], scratch[c*plane:(c+1)*plane]
		row := func(y int) []float64 {
			at := mirror(y, s.H) * s.W
			return from[at : at+s.W]
		}
		for y := range s.H {
			spread(to[y*s.W:(y+1)*s.W], w, func(k int) []float64 { return row(y + k) })
		}
		for y := range s.H {
			for i := range long {
				if j := i - radius; j >= 0 && j < s.W {
					continue
				} else {
					long[i] = to[y*s.W+mirror(j, s.W)]
				}
			}
			copy(long[radius:], to[y*s.W:(y+1)*s.W])
			spread(from[y*s.W:(y+1)*s.W], w, func(k int) []float64 { return long[radius+k : radius+k+s.W] })
		}
	}
}

// spread sets dst to Σ w[|k|]·at(k) over k = −r … r, four distances at a time.
func spread(dst, w []float64, at func(k int) []float64) {
	pair := func(k int) (a, b []float64) { return at(-k)[:len(dst)], at(k)[:len(dst)] }
	for i, v := range at(0)[:len(dst)] {
		dst[i] = w[0] * v
	}
	k := 1
	for ; k+3 < len(w); k += 4 {
		w0, w1, w2, w3 := w[k], w[k+1], w[k+2], w[k+3]
		a0, b0 := pair(k)
		a1, b1 := pair(k + 1)
		a2, b2 := pair(k + 2)
		a3, b3 := pair(k + 3)
		a0, a1, a2, a3 = a0[:len(dst)], a1[:len(dst)], a2[:len(dst)], a3[:len(dst)]
		b0, b1, b2, b3 = b0[:len(dst)], b1[:len(dst)], b2[:len(dst)], b3[:len(dst)]
		for i := range dst {
			dst[i] += w0*(a0[i]+b0[i]) + w1*(a1[i]+b1[i]) + (w2*(a2[i]+b2[i]) + w3*(a3[i]+b3[i]))
		}
	}
	for ; k < len(w); k++ {
		a, b := pair(k)
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] += w[k] * (a[i] + b[i])
		}
	}
}

// mirror is scipy's reflect: … 1 0 | 0 1 2 … n−1 | n−1 …
func mirror(i, n int) int {
	if i >= 0 && i < n {
		return i
	}
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	if i >= n {
		return 2*n - 1 - i
	}
	return i
}

// roll moves v round its edges, dx columns to the right and dy rows down, by way of scratch.
func roll(v, scratch []float64, s nn.Shape, dx, dy int) {
	dx, dy = (dx%s.W+s.W)%s.W, (dy%s.H+s.H)%s.H
	for y := range s.C * s.H {
		to := (y/s.H*s.H + (y%s.H+dy)%s.H) * s.W
		from, dst := v[y*s.W:(y+1)*s.W], scratch[to:to+s.W]
		copy(dst[dx:], from)
		copy(dst, from[s.W-dx:])
	}
	copy(v, scratch)
}
