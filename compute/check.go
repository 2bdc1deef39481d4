package compute

import (
	"errors"
	"fmt"
)

// The checks below are the same for every backend.

// CheckSpec validates a spec and gives the op index of each of its layers.
func CheckSpec(s Spec) ([]int, error) {
	if s.Net == nil {
		return nil, errors.New("compile: no network")
	}
	if s.Batch < 1 {
		return nil, fmt.Errorf("compile %s: batch of %d images, want at least 1", s.Net.Name, s.Batch)
	}
	if int(s.Loss) >= len(Losses) {
		return nil, fmt.Errorf("compile %s: loss %d, want one of %v", s.Net.Name, s.Loss, Losses)
	}
	if len(s.Layers) == 0 {
		return nil, fmt.Errorf("compile %s: no layer chosen", s.Net.Name)
	}
	seen := map[string]bool{}
	var ops []int
	for _, name := range s.Layers {
		op, i, ok := s.Net.Op(name)
		if !ok || !op.HasFeature() || i < s.Net.Head-1 {
			return nil, fmt.Errorf("compile %s: no layer %q; it has %v", s.Net.Name, name, s.Net.Layers())
		}
		if seen[name] {
			return nil, fmt.Errorf("compile %s: layer %s chosen twice", s.Net.Name, name)
		}
		seen[name] = true
		ops = append(ops, i)
	}
	return ops, s.Weights.Check(s.Net)
}

// CheckTarget validates the arguments of SetTarget; units are those of the spec's layers.
func CheckTarget(s Spec, units []int, slot, layer int, t Target) error {
	if slot < 0 || slot >= s.Batch {
		return fmt.Errorf("target: slot %d of %d", slot, s.Batch)
	}
	if layer < 0 || layer >= len(units) {
		return fmt.Errorf("target: layer %d of %d", layer, len(units))
	}
	if len(t.Values) != units[layer] {
		return fmt.Errorf("target: layer %s has %d units, got %d values", s.Layers[layer], units[layer], len(t.Values))
	}
	if t.Mask != nil && len(t.Mask) != units[layer] {
		return fmt.Errorf("target: layer %s has %d units, got a mask of %d", s.Layers[layer], units[layer], len(t.Mask))
	}
	return nil
}

// CheckEvaluate validates the arguments of Evaluate. seen has Spec.Batch entries, all false, and is left so.
func CheckEvaluate(s Spec, x []float32, slots []int, loss []float64, grad []float32, seen []bool) error {
	if !s.Gradient {
		return errors.New("evaluate: the program was compiled without gradient")
	}
	n := len(slots)
	if n < 1 || n > s.Batch {
		return fmt.Errorf("evaluate: %d images, want 1 to %d", n, s.Batch)
	}
	want := n * s.Net.Input.Len()
	if len(x) != want || len(grad) != want {
		return fmt.Errorf("evaluate: %d images of %v need %d values, got %d and %d for the gradient", n, s.Net.Input, want, len(x), len(grad))
	}
	if len(loss) != n*len(s.Layers) {
		return fmt.Errorf("evaluate: loss has %d values, want %d", len(loss), n*len(s.Layers))
	}
	defer clear(seen)
	for _, k := range slots {
		if k < 0 || k >= s.Batch {
			return fmt.Errorf("evaluate: slot %d of %d", k, s.Batch)
		}
		if seen[k] {
			return fmt.Errorf("evaluate: slot %d given twice", k)
		}
		seen[k] = true
	}
	return nil
}

// CheckPicture validates the arguments of Picture after an evaluation of n images.
func CheckPicture(s Spec, n, i int, dst []float32) error {
	switch {
	case s.Net.Head == 0:
		return fmt.Errorf("picture: %s has no generator, its input is the picture", s.Net.Name)
	case i < 0 || i >= n:
		return fmt.Errorf("picture: image %d of the %d that were evaluated", i, n)
	case len(dst) != s.Net.Picture().Len():
		return fmt.Errorf("picture: room for %d values, %v has %d", len(dst), s.Net.Picture(), s.Net.Picture().Len())
	}
	return nil
}

// CheckFeatures validates the arguments of Features.
func CheckFeatures(s Spec, units []int, x []float32, n int, out [][]float32) error {
	if n < 1 || n > s.Batch {
		return fmt.Errorf("features: %d images, want 1 to %d", n, s.Batch)
	}
	if len(x) != n*s.Net.Input.Len() {
		return fmt.Errorf("features: %d images of %v need %d values, got %d", n, s.Net.Input, n*s.Net.Input.Len(), len(x))
	}
	if len(out) != len(units) {
		return fmt.Errorf("features: room for %d layers, want %d", len(out), len(units))
	}
	for l, u := range units {
		if len(out[l]) != n*u {
			return fmt.Errorf("features: layer %s needs %d values, got room for %d", s.Layers[l], n*u, len(out[l]))
		}
	}
	return nil
}
