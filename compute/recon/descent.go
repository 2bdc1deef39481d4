package recon

import (
	"fmt"
	"math"
	"slices"

	"reverie/compute/nn"
)

// descent is gradient descent with momentum, step by step as in the released icnn_gd (pixels) and
// icnn_dgn_gd (latent vectors), kamitani.md §4.2. Like LBFGSB it is an ask/tell machine.
type descent struct {
	o            DescentOptions
	n, t         int // iterations in all and done
	shape        nn.Shape
	latent       bool
	lower, upper []float64 // nil without bounds
	seed         uint64
	x, delta     []float64
	evaluated    []float64 // x without the shift, with jitter
	scratch      []float64
	dx, dy       int // the shift that x stands at
	status       Status
	reason       string
}

func newDescent(start []float64, shape nn.Shape, lower, upper []float64, first int, opt Options, latent bool) *descent {
	d := &descent{
		o: opt.GD, n: opt.Iterations, t: first, shape: shape, latent: latent, lower: lower, upper: upper, seed: opt.Seed,
		x: slices.Clone(start), delta: make([]float64, len(start)), scratch: make([]float64, len(start)),
	}
	if d.jitters() {
		d.evaluated = make([]float64, len(start))
	}
	d.shift()
	return d
}

func (d *descent) X() []float64   { return d.x }
func (d *descent) Status() Status { return d.status }
func (d *descent) Reason() string { return d.reason }

// Iterations is the number of updates that the evaluated point has seen.
func (d *descent) Iterations() int { return d.t }

// jitterStream draws the shifts: number 2t and 2t+1 those of iteration t.
const jitterStream = 3

// shift rolls the image and its momentum before iteration t, where there is jitter.
func (d *descent) shift() {
	if !d.jitters() {
		return
	}
	copy(d.evaluated, d.x)
	s, width := nn.NewStream(d.seed, jitterStream), float64(2*d.o.Jitter+1)
	d.dx = int(s.Uniform(uint64(2*d.t))*width) - d.o.Jitter
	d.dy = int(s.Uniform(uint64(2*d.t+1))*width) - d.o.Jitter
	roll(d.x, d.scratch, d.shape, d.dx, d.dy)
	roll(d.delta, d.scratch, d.shape, d.dx, d.dy)
}

func (d *descent) jitters() bool { return d.o.Jitter > 0 && !d.latent }

// latest is the image after the latest update, without the shift of a jitter.
func (d *descent) latest() []float64 {
	if d.status == Limit || !d.jitters() { // no shift has followed
		return d.x
	}
	return d.evaluated
}

// Tell gives the loss and the gradient at X and makes the update. g is overwritten.
func (d *descent) Tell(f float64, g []float64) Status {
	if d.status != Running {
		return d.status
	}
	sum := sizes(g)
	if !finite(f) || !finite(sum) {
		return d.end(Failed, fmt.Sprintf("the loss became %g and the gradient's mean size %g at iteration %d", f, sum/float64(len(g)), d.t))
	}
	t, n := d.t, d.n
	scale := 1.0
	if d.o.Normalize && sum > 0 {
		scale = float64(len(g)) / sum
	}
	rate, momentum := d.o.Rate.At(t, n), d.o.Momentum.At(t, n)
	inside := 1.0
	if d.o.RateInside {
		inside = rate
	}
	for i, v := range g {
		v *= scale
		g[i] = v
		d.delta[i] = momentum*d.delta[i] + inside*v
	}
	if !d.latent {
		d.penalise(inside)
	}
	if d.o.RateInside {
		rate = 1
	}
	for i, v := range d.delta {
		d.x[i] -= rate * v
	}
	if d.latent {
		d.bound()
	} else {
		d.steady(g, inside)
	}
	d.t++
	if d.t >= n {
		return d.end(Limit, fmt.Sprintf("all %d iterations done", n))
	}
	d.shift()
	return Running
}

func (d *descent) end(s Status, reason string) Status {
	d.status, d.reason = s, reason
	return s
}

// penalise adds the gradients of the p-norm and of the total variation to the momentum, each divided
// by its own mean size where gradients are. Else they are divided by a quarter of a random image's
// squared norm, as in the code; here that is its expectation over pixels of 0 … 255.
func (d *descent) penalise(scale float64) {
	for k, r := range [2]Regulariser{d.o.PNorm, d.o.TV} {
		weight := r.Weight.At(d.t, d.n)
		if r.Weight == (Schedule{}) {
			continue
		}
		if k == 0 {
			pNorm(d.scratch, d.x, r.Order)
		} else {
			totalVariation(d.scratch, d.x, d.shape, r.Order)
		}
		size := float64(len(d.x)) * meanSquare / 4
		if d.o.Normalize {
			size = sizes(d.scratch) / float64(len(d.x))
		}
		if size > 0 {
			weight *= scale / size
		}
		for i, v := range d.scratch {
			d.delta[i] += weight * v
		}
	}
}

// meanSquare is that of whole numbers of 0 … 255.
const meanSquare = 255 * 511 / 6.0

// steady is what the released code does to the image after the step: clips, the shift back, decay and blur.
// gradient is the one of this iteration, as it went into the momentum.
func (d *descent) steady(gradient []float64, scale float64) {
	due := func(c Clip) bool { return c.Every > 0 && (d.t+1)%c.Every == 0 }
	if c := d.o.ClipExtreme; due(c) {
		clipExtreme(d.x, d.scratch, c.Percent.At(d.t, d.n))
	}
	if c := d.o.ClipSmallNorm; due(c) {
		clipSmall(d.x, nil, d.scratch, d.shape, c.Percent.At(d.t, d.n))
	}
	if c := d.o.ClipSmallGain; due(c) {
		clipSmall(d.x, gradient, d.scratch, d.shape, c.Percent.At(d.t, d.n))
	}
	if d.o.Jitter > 0 {
		roll(d.x, d.scratch, d.shape, -d.dx, -d.dy)
		// The code takes this iteration's gradient out of the momentum before it shifts it back, and adds it unshifted.
		for i, v := range gradient {
			d.delta[i] -= scale * v
		}
		roll(d.delta, d.scratch, d.shape, -d.dx, -d.dy)
		for i, v := range gradient {
			d.delta[i] += scale * v
		}
	}
	if keep := 1 - d.o.Decay.At(d.t, d.n); keep != 1 {
		for i := range d.x {
			d.x[i] *= keep
		}
	}
	if d.o.Blur != (Schedule{}) {
		blur(d.x, d.scratch, d.shape, d.o.Blur.At(d.t, d.n))
	}
}

// bound is what it does to a latent vector.
func (d *descent) bound() {
	keep := 1 - d.o.Decay.At(d.t, d.n)
	for i := range d.x {
		d.x[i] *= keep
		if d.lower != nil {
			d.x[i] = max(d.x[i], d.lower[i])
		}
		if d.upper != nil {
			d.x[i] = min(d.x[i], d.upper[i])
		}
	}
}

// sizes is the sum of the absolute values, in four parts that do not wait for each other.
func sizes(v []float64) float64 {
	var a, b, c, d float64
	i := 0
	for ; i+4 <= len(v); i += 4 {
		w := v[i : i+4 : i+4]
		a += math.Abs(w[0])
		b += math.Abs(w[1])
		c += math.Abs(w[2])
		d += math.Abs(w[3])
	}
	for ; i < len(v); i++ {
		a += math.Abs(v[i])
	}
	return a + b + (c + d)
}
