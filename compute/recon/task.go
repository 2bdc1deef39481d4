package recon

import (
	"context"
	"fmt"

	"reverie/compute"
)

// Task is one image to make.
type Task struct {
	Label string // for people; shown in errors
	// Targets holds the features to reach, one slice for each of the program's layers, in C,H,W order.
	Targets [][]float32
	// Load gives them instead, when their turn has come and perhaps again later. Its error ends the task alone.
	Load func(context.Context) ([][]float32, error)
	// Masks leave units out of the loss: one slice a layer, or nil for all units.
	Masks [][]float32
	// Weights are the layers' weights before Options.Factor; nil is 1/‖target‖² of the whole target, masked or not.
	Weights []float64
	// Start is the first image as in Frame.X, or behind a generator the first latent vector; nil is what Options say.
	// L-BFGS moves it into the bounds. Iterations are counted, and schedules begin, at StartIteration: to go on
	// from a frame with other options, Start is its X, or Z, and StartIteration its Iteration, or 0 for new schedules.
	Start          []float32
	StartIteration int
}

// targets gives the features to reach with the weight of each layer's loss, with factor and normalisation.
func (t Task) targets(ctx context.Context, spec compute.Spec, opt Options) ([][]float32, []float64, error) {
	values := t.Targets
	if t.Load != nil {
		var err error
		if values, err = t.Load(ctx); err != nil {
			return nil, nil, fmt.Errorf("reconstruction of %q: %w", t.Label, err)
		}
	}
	w, err := t.layerWeights(values, spec, opt)
	return values, w, err
}

// check looks at what can be known before the targets are.
func (t Task) check(spec compute.Spec, opt Options) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("reconstruction of %q: "+format, append([]any{t.Label}, args...)...)
	}
	if t.Weights != nil && len(t.Weights) != len(spec.Layers) {
		return fail("%d weights for %d layers", len(t.Weights), len(spec.Layers))
	}
	if t.Masks != nil && len(t.Masks) != len(spec.Layers) {
		return fail("masks for %d layers, the network is set up for %d", len(t.Masks), len(spec.Layers))
	}
	for l, m := range t.Masks {
		op, _, _ := spec.Net.Op(spec.Layers[l])
		if want := op.Out.Len(); m != nil && len(m) != want {
			return fail("layer %s: mask of %d values, want %d (%v)", spec.Layers[l], len(m), want, op.Out)
		}
	}
	if want := spec.Net.Input.Len(); t.Start != nil && len(t.Start) != want {
		return fail("start image has %d values, want %d (%v)", len(t.Start), want, spec.Net.Input)
	}
	for i, v := range t.Start {
		if !finite(float64(v)) {
			return fail("start value %d is %g", i, v)
		}
	}
	if t.StartIteration < 0 || t.StartIteration >= opt.Iterations {
		return fail("starts at iteration %d of %d", t.StartIteration, opt.Iterations)
	}
	return nil
}

// layerWeights checks targets against the program and gives the weights.
func (t Task) layerWeights(values [][]float32, spec compute.Spec, opt Options) ([]float64, error) {
	fail := func(format string, args ...any) ([]float64, error) {
		return nil, fmt.Errorf("reconstruction of %q: "+format, append([]any{t.Label}, args...)...)
	}
	if len(values) != len(spec.Layers) {
		return fail("targets for %d layers, the network is set up for %d", len(values), len(spec.Layers))
	}
	weights := make([]float64, len(spec.Layers))
	sum := 0.0
	for l, layer := range spec.Layers {
		op, _, ok := spec.Net.Op(layer)
		if !ok {
			return fail("the network has no layer %s", layer)
		}
		if want := op.Out.Len(); len(values[l]) != want {
			return fail("layer %s: target has %d values, want %d (%v)", layer, len(values[l]), want, op.Out)
		}
		norm := 0.0
		for i, v := range values[l] {
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
		case opt.EqualWeights:
			weights[l] = 1
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
