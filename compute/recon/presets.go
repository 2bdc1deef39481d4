package recon

import "fmt"

// mean is the ImageNet mean that the lab's scripts use, BGR (kamitani.md §4.1).
var mean = [3]float64{104.0069879317889, 116.66876761696767, 122.6789143406786}

// Defaults gives a preset's options for pixels: bounded L-BFGS.
func Defaults(p Preset) (Options, error) { return DefaultsFor(p, false) }

// DefaultsFor gives a preset's options, for pixels or for a network behind a generator: gradient descent with
// momentum 0.9 from the zero vector, not below 0 (Methods; kamitani.md §4.2). Upper bounds belong to the generator.
// The options of the optimiser that the preset does not take are there too, for a change of Optimizer.
func DefaultsFor(p Preset, prior bool) (Options, error) {
	o := Options{
		Preset: p, Optimizer: LBFGS, Iterations: 200, Factor: 0.5,
		History: 10, MaxLineSearch: 20, FirstStep: 1, Dither: 0.5, Mean: mean, Start: mean,
		GD:     DescentOptions{Rate: Schedule{2, 0}, Momentum: Schedule{0.9, 0.9}, Normalize: true},
		Latent: LatentOptions{Lower: []float64{0}},
	}
	if prior {
		o.Optimizer, o.FirstStep = Descent, 0.1
	}
	switch p {
	case Paper:
		o.GD.RateInside = true
	case Lab:
		o.Factor, o.NormalizeWeights = 1, true
		o.FTol, o.GTol = 2.220446049250313e-9, 1e-5
		o.GD.Rate.To = 1e-10
		if prior {
			o.GD.Decay = Schedule{0.01, 0.01}
		} else {
			o.GD.Decay, o.GD.Blur = Schedule{0.2, 1e-10}, Schedule{2, 0.5}
		}
	default:
		return Options{}, fmt.Errorf("reconstruction: unknown preset %q, choose %q or %q", p, Paper, Lab)
	}
	return o, nil
}
