// Package recon makes images from features: it minimises the weighted distance
// between the features of an image and the targets, over the pixels of the
// image or the latent vector of a generator before the network, by L-BFGS-B or
// by gradient descent with momentum (Shen et al. 2017, Methods and Supplementary
// Methods; the options of the lab's released code). Many images share one
// batched evaluation of the network; a run can be kept and taken up again.
package recon

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"reverie/compute"
	"reverie/compute/nn"
)

// Preset names a set of options.
type Preset string

const (
	// Paper follows the text: factor ½, weights 1/‖target‖², 200 iterations, no other reason to stop.
	Paper Preset = "paper"
	// Lab follows the lab's released code: no factor, weights divided by their sum, SciPy's tolerances.
	Lab Preset = "lab"
)

// Optimizer is a way to lower the loss.
type Optimizer string

const (
	LBFGS   Optimizer = "lbfgs" // bounded, as SciPy's L-BFGS-B
	Descent Optimizer = "gd"    // gradient descent with momentum
)

// Options are the choices of a reconstruction. Variables are the pixels, or the
// latent vector where the program's network stands behind a generator.
type Options struct {
	Preset     Preset    // where the values come from; kept for provenance, not read
	Optimizer  Optimizer // "" is LBFGS
	Iterations int
	Loss       compute.Loss // must be the program's
	Factor     float64      // before the weighted sum: ½ in the paper, 1 in the code
	// EqualWeights gives tasks without weights of their own layers that weigh 1 each instead of 1/‖target‖².
	EqualWeights bool `json:",omitempty"`
	// NormalizeWeights divides an image's layer weights by their sum.
	NormalizeWeights bool
	FTol, GTol       float64 // see LBFGSBOptions
	History          int     // correction pairs of L-BFGS
	MaxLineSearch    int     // evaluations of one line search
	// FirstStep is by how many grey levels the first step of L-BFGS changes the pixel, or the latent unit, that it
	// changes most; 0 is SciPy's, which moves by the gradient itself. That is less
	// than float32 tells apart from nothing: the second point then follows rounding,
	// and where rounding is unlucky the image stays at its start.
	FirstStep float64
	GD        DescentOptions
	Latent    LatentOptions
	// Mean is the colour that the network's input has subtracted, BGR 0–255.
	// With L-BFGS a pixel of channel c lies in [−Mean[c], 255−Mean[c]].
	Mean [3]float64
	// Start is the colour of the first image, BGR 0–255.
	Start [3]float64
	// Dither is by how many grey levels, at most, the pixels of the first image
	// depart from Start, at random but always the same. On an even colour nearly
	// all values that a maximum pooling compares are equal: which of them gets the
	// gradient would be up to rounding, and with it the whole course.
	Dither float64
	// Noise starts from random pixels of 0 … 255 instead of Start.
	Noise bool
	Seed  uint64 // of Noise, jitter and a random latent vector, the same for all images
}

// Schedule is a value that moves with the iterations: v(t) = From + t·(To − From)/n for t = 0 … n−1.
type Schedule struct{ From, To float64 }

// At is the value at iteration t of n.
func (s Schedule) At(t, n int) float64 { return s.From + float64(t)*(s.To-s.From)/float64(n) }

// DescentOptions are those of gradient descent with momentum (icnn_gd, icnn_dgn_gd; kamitani.md §4.2).
type DescentOptions struct {
	Rate, Momentum Schedule
	Decay          Schedule // of the variables: x ← (1 − decay)·x
	// Normalize divides the gradient by the mean of its absolute values, as the released code
	// does; the paper's literal step hardly moves the image.
	Normalize bool
	// RateInside multiplies the gradient by the rate as it enters the momentum, as in the paper; the
	// released code multiplies the momentum. The two are the same for a rate that stays.
	RateInside bool
	// What follows is for pixels alone; behind a generator it is not read.
	Jitter        int      // pixels that the image is shifted by at most; 0 is off
	Blur          Schedule // σ of a Gaussian in pixels; zero is off
	PNorm, TV     Regulariser
	ClipExtreme   Clip // extreme values
	ClipSmallNorm Clip // pixels of small norm over the channels
	ClipSmallGain Clip // pixels of small norm of image × gradient ("contribution")
}

// Regulariser is a penalty on the image; Weight zero is off.
type Regulariser struct {
	Order  float64 // p of the p-norm, β of the total variation
	Weight Schedule
}

// Clip sets pixels back every so many iterations; Every 0 is off.
type Clip struct {
	Every   int
	Percent Schedule
}

// LatentOptions are for networks behind a generator.
type LatentOptions struct {
	// Lower and Upper bound every unit: one value for all, or one each. nil is no bound.
	Lower, Upper []float64 `json:",omitempty"`
	// Random starts from normal numbers of variance 1 instead of zeros.
	Random bool
}

func (o Options) check() error {
	fail := func(format string, args ...any) error { return fmt.Errorf("reconstruction: "+format, args...) }
	if o.Optimizer != LBFGS && o.Optimizer != Descent && o.Optimizer != "" {
		return fail("optimizer %q, want %q or %q", o.Optimizer, LBFGS, Descent)
	}
	if o.Iterations < 1 {
		return fail("%d iterations, want at least 1", o.Iterations)
	}
	if !(o.Factor > 0) || !finite(o.Factor) {
		return fail("factor %g, want a positive number", o.Factor)
	}
	if !(o.FTol >= 0) || !(o.GTol >= 0) {
		return fail("tolerances must be 0 or more, got ftol %g and gtol %g", o.FTol, o.GTol)
	}
	if !(o.Dither >= 0) || !finite(o.Dither) {
		return fail("dither of %g grey levels, want 0 or more", o.Dither)
	}
	if !(o.FirstStep >= 0) || !finite(o.FirstStep) {
		return fail("first step of %g grey levels, want 0 or more", o.FirstStep)
	}
	if o.History < 0 || o.MaxLineSearch < 0 {
		return fail("history %d and line search %d must not be negative", o.History, o.MaxLineSearch)
	}
	for c := range 3 {
		if !(o.Mean[c] >= 0 && o.Mean[c] <= 255) || !(o.Start[c] >= 0 && o.Start[c] <= 255) {
			return fail("mean %v and start %v must lie between 0 and 255 (BGR)", o.Mean, o.Start)
		}
	}
	return o.GD.check()
}

func (d DescentOptions) check() error {
	for _, r := range []struct {
		name      string
		s         Schedule
		low, high float64
	}{
		{"learning rate", d.Rate, 0, math.MaxFloat64}, {"momentum", d.Momentum, 0, 1}, {"decay", d.Decay, 0, 1},
		{"blur", d.Blur, 0, 1000},
		{"weight of the p-norm", d.PNorm.Weight, 0, math.MaxFloat64}, {"weight of the total variation", d.TV.Weight, 0, math.MaxFloat64},
		{"percentage of extreme values", d.ClipExtreme.Percent, 0, 100},
		{"percentage of small pixels", d.ClipSmallNorm.Percent, 0, 100},
		{"percentage of small contributions", d.ClipSmallGain.Percent, 0, 100},
	} {
		for _, v := range [...]float64{r.s.From, r.s.To} {
			if !(v >= r.low && v <= r.high) {
				return fmt.Errorf("reconstruction: %s of %g, want %g to %g", r.name, v, r.low, r.high)
			}
		}
	}
	for _, r := range [...]Regulariser{d.PNorm, d.TV} {
		if r.Weight != (Schedule{}) && !(r.Order >= 1 && r.Order <= 100) {
			return fmt.Errorf("reconstruction: a penalty of order %g, want 1 to 100", r.Order)
		}
	}
	if d.Jitter < 0 || d.ClipExtreme.Every < 0 || d.ClipSmallNorm.Every < 0 || d.ClipSmallGain.Every < 0 {
		return errors.New("reconstruction: jitter and the iterations between clips must not be negative")
	}
	return nil
}

// bounds are those of the variables, one each or nil: of latent vectors Latent's, of pixels those that L-BFGS keeps.
func (o Options) bounds(net *nn.Network) (lower, upper []float64, err error) {
	n := net.Input.Len()
	if net.Head == 0 {
		lower, upper = make([]float64, n), make([]float64, n)
		for i := range lower {
			c := i / (n / 3)
			lower[i], upper[i] = -o.Mean[c], 255-o.Mean[c]
		}
		return lower, upper, nil
	}
	spread := func(what string, b []float64) ([]float64, error) {
		switch len(b) {
		case 0, n:
			return b, nil
		case 1:
			return slices.Repeat(b, n), nil
		}
		return nil, fmt.Errorf("reconstruction: %d %s bounds for the %d units of the generator's input", len(b), what, n)
	}
	if lower, err = spread("lower", o.Latent.Lower); err != nil {
		return nil, nil, err
	}
	if upper, err = spread("upper", o.Latent.Upper); err != nil {
		return nil, nil, err
	}
	for i := range n {
		if lower != nil && upper != nil && !(lower[i] <= upper[i]) {
			return nil, nil, fmt.Errorf("reconstruction: unit %d of the generator's input has bounds %g … %g", i, lower[i], upper[i])
		}
	}
	return lower, upper, nil
}
