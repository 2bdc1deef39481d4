// Package recon makes images from features: it minimises the weighted squared
// distance between the features of an image and the targets, over the pixels
// of the image, by L-BFGS-B (Shen et al. 2017, Methods and Supplementary
// Methods). Many images share one batched evaluation of the network.
package recon

import (
	"fmt"

	"reverie/compute"
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
	// NormalizeWeights divides an image's layer weights by their sum.
	NormalizeWeights bool
	FTol, GTol       float64 // see LBFGSBOptions
	History          int     // correction pairs of L-BFGS
	MaxLineSearch    int     // evaluations of one line search
	// FirstStep is by how many grey levels the first step of L-BFGS changes the pixel that it
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
	Seed  uint64 // of Noise, jitter and a random latent vector
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
	// What follows is for pixels alone.
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

// mean is the ImageNet mean that the lab's scripts use, BGR (kamitani.md §4.1).
var mean = [3]float64{104.0069879317889, 116.66876761696767, 122.6789143406786}

// Defaults gives the options of a preset.
func Defaults(p Preset) (Options, error) {
	o := Options{
		Preset: p, Iterations: 200, Factor: 0.5,
		History: 10, MaxLineSearch: 20, FirstStep: 1, Dither: 0.5, Mean: mean, Start: mean,
	}
	switch p {
	case Paper:
	case Lab:
		o.Factor, o.NormalizeWeights = 1, true
		o.FTol, o.GTol = 2.220446049250313e-9, 1e-5
	default:
		return Options{}, fmt.Errorf("reconstruction: unknown preset %q, choose %q or %q", p, Paper, Lab)
	}
	return o, nil
}

func (o Options) check() error {
	if o.Iterations < 1 {
		return fmt.Errorf("reconstruction: %d iterations, want at least 1", o.Iterations)
	}
	if !(o.Factor > 0) || !finite(o.Factor) {
		return fmt.Errorf("reconstruction: factor %g, want a positive number", o.Factor)
	}
	if !(o.FTol >= 0) || !(o.GTol >= 0) {
		return fmt.Errorf("reconstruction: tolerances must be 0 or more, got ftol %g and gtol %g", o.FTol, o.GTol)
	}
	if !(o.Dither >= 0) || !finite(o.Dither) {
		return fmt.Errorf("reconstruction: dither of %g grey levels, want 0 or more", o.Dither)
	}
	if !(o.FirstStep >= 0) || !finite(o.FirstStep) {
		return fmt.Errorf("reconstruction: first step of %g grey levels, want 0 or more", o.FirstStep)
	}
	if o.History < 0 || o.MaxLineSearch < 0 {
		return fmt.Errorf("reconstruction: history %d and line search %d must not be negative", o.History, o.MaxLineSearch)
	}
	for c := range 3 {
		if !(o.Mean[c] >= 0 && o.Mean[c] <= 255) || !(o.Start[c] >= 0 && o.Start[c] <= 255) {
			return fmt.Errorf("reconstruction: mean %v and start %v must lie between 0 and 255 (BGR)", o.Mean, o.Start)
		}
	}
	return nil
}

// Task is one image to make.
type Task struct {
	Label string // for people; shown in errors
	// Targets holds the features to reach, one slice for each of the program's layers, in C,H,W order.
	Targets [][]float32
	// Weights are the layers' weights before Options.Factor; nil is 1/‖target‖².
	Weights []float64
	// Start is the first image as in Frame.X, moved into the bounds; nil is Options.Start everywhere.
	Start []float32
}

// layerWeights checks a task against the program and gives the weight of each
// layer's loss, with factor and normalisation.
func (t Task) layerWeights(spec compute.Spec, opt Options) ([]float64, error) {
	fail := func(format string, args ...any) ([]float64, error) {
		return nil, fmt.Errorf("reconstruction of %q: "+format, append([]any{t.Label}, args...)...)
	}
	if len(t.Targets) != len(spec.Layers) {
		return fail("targets for %d layers, the network is set up for %d", len(t.Targets), len(spec.Layers))
	}
	if t.Weights != nil && len(t.Weights) != len(spec.Layers) {
		return fail("%d weights for %d layers", len(t.Weights), len(spec.Layers))
	}
	if want := spec.Net.Input.Len(); t.Start != nil && len(t.Start) != want {
		return fail("start image has %d values, want %d (%v)", len(t.Start), want, spec.Net.Input)
	}
	weights := make([]float64, len(spec.Layers))
	sum := 0.0
	for l, layer := range spec.Layers {
		op, _, ok := spec.Net.Op(layer)
		if !ok {
			return fail("the network has no layer %s", layer)
		}
		if want := op.Out.Len(); len(t.Targets[l]) != want {
			return fail("layer %s: target has %d values, want %d (%v)", layer, len(t.Targets[l]), want, op.Out)
		}
		norm := 0.0
		for i, v := range t.Targets[l] {
			if !finite(float64(v)) {
				return fail("layer %s: target holds %g at unit %d; check the decoded features for missing values", layer, v, i)
			}
			norm += float64(v) * float64(v)
		}
		switch {
		case t.Weights != nil:
			weights[l] = t.Weights[l]
			if !(weights[l] >= 0) || !finite(weights[l]) {
				return fail("layer %s: weight %g, want 0 or more", layer, weights[l])
			}
		case norm == 0:
			return fail("layer %s: the target is zero everywhere, so its weight 1/‖target‖² is not defined; leave the layer out or give weights", layer)
		default:
			weights[l] = 1 / norm
		}
		sum += weights[l]
	}
	if sum == 0 {
		return fail("all layer weights are zero")
	}
	scale := opt.Factor
	if opt.NormalizeWeights {
		scale /= sum
	}
	for l := range weights {
		weights[l] *= scale
	}
	return weights, nil
}
