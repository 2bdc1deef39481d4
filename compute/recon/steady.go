package recon

import (
	"math"
	"slices"

	"reverie/compute/nn"
)

// Regularisers and stabilisers of the released code (icnn's utils.py), on images [C][H][W].

// pNorm is the gradient of Σ|x|^p.
func pNorm(g, x []float64, p float64) {
	for i, v := range x {
		g[i] = p * math.Copysign(math.Pow(math.Abs(v), p-1), v)
		if v == 0 {
			g[i] = 0
		}
	}
}

// totalVariation is the gradient of Σ(d₁²+d₂²)^(β/2), with d₁, d₂ the differences to the next row and
// column, 0 at the last. Powers are taken of at least 10⁻⁵, as the code does.
func totalVariation(g, x []float64, s nn.Shape, beta float64) {
	clear(g)
	for c := range s.C {
		for y := range s.H {
			for i := range s.W {
				at := (c*s.H+y)*s.W + i
				d1, d2 := 0.0, 0.0
				if y+1 < s.H {
					d1 = x[at+s.W] - x[at]
				}
				if i+1 < s.W {
					d2 = x[at+1] - x[at]
				}
				v := max(math.Pow(math.Sqrt(d1*d1+d2*d2), beta), 1e-5)
				k := beta * math.Pow(v, 2*(beta/2-1)/beta)
				g[at] -= k * (d1 + d2)
				if y+1 < s.H {
					g[at+s.W] += k * d1
				}
				if i+1 < s.W {
					g[at+1] += k * d2
				}
			}
		}
	}
}

// percentile is numpy's with linear interpolation, of sorted values.
func percentile(sorted []float64, pct float64) float64 {
	at := min(max(pct, 0), 100) / 100 * float64(len(sorted)-1)
	k := int(at)
	if k+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[k] + (at-float64(k))*(sorted[k+1]-sorted[k])
}

// clipExtreme clips to the percentiles pct/2 and 100 − pct/2 of all values.
func clipExtreme(x, scratch []float64, pct float64) {
	copy(scratch, x)
	slices.Sort(scratch)
	low, high := percentile(scratch, pct/2), percentile(scratch, 100-pct/2)
	for i, v := range x {
		x[i] = min(max(v, low), high)
	}
}

// clipSmall makes the pixels 0 whose norm over the channels, of x or of x times the gradient where
// there is one, lies below the percentile pct.
func clipSmall(x, gradient, scratch []float64, s nn.Shape, pct float64) {
	plane := s.H * s.W
	norms, sorted := scratch[:plane], scratch[plane:2*plane]
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
	copy(sorted, norms)
	slices.Sort(sorted)
	limit := percentile(sorted, pct)
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
	for c := range s.C {
		from, to := x[c*plane:(c+1)*plane], scratch[c*plane:(c+1)*plane]
		for y := range s.H {
			for i := range s.W {
				v := w[0] * from[y*s.W+i]
				for k := 1; k <= radius; k++ {
					v += w[k] * (from[mirror(y-k, s.H)*s.W+i] + from[mirror(y+k, s.H)*s.W+i])
				}
				to[y*s.W+i] = v
			}
		}
		for y := range s.H {
			row := to[y*s.W : (y+1)*s.W]
			for i := range s.W {
				v := w[0] * row[i]
				for k := 1; k <= radius; k++ {
					v += w[k] * (row[mirror(i-k, s.W)] + row[mirror(i+k, s.W)])
				}
				from[y*s.W+i] = v
			}
		}
	}
}

// mirror is scipy's reflect: … 1 0 | 0 1 2 … n−1 | n−1 …
func mirror(i, n int) int {
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	if i >= n {
		return 2*n - 1 - i
	}
	return i
}
