package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"reverie/app/dataset/features"
	"reverie/compute"
	"reverie/compute/decode"
)

// Norm says how decoded features are scaled before reconstruction.
type Norm struct {
	Scaling decode.Scaling
	// Natural are pictures never trained on that the reference is taken from;
	// Statistics, where not empty, is a file of published standard deviations instead.
	Natural    []string
	Statistics string
	// Known, where not nil, keeps the reference for the next time.
	Known decode.Reference
}

// Possible reports whether there is something to take the reference from.
func (n Norm) Possible() bool {
	return !n.Scaling.NeedsReference() || len(n.Natural) > 0 || n.Statistics != ""
}

// Scale brings decoded features to the size of natural images'. trainMean is
// y_mean by layer, where trained decoders have one.
func (m *Model) Scale(ctx context.Context, be compute.Backend, d *Decoded, n Norm, trainMean map[string][]float32, step func(done, total int)) error {
	if n.Scaling == decode.Unscaled || !n.Possible() {
		return nil // the caller says so, from d.Corrected
	}
	if n.Scaling.NeedsTrainMean() && trainMean == nil {
		return fmt.Errorf("norm correction %s needs the training means of trained decoders: train some and decode with them", n.Scaling)
	}
	ref := n.Known
	if slices.ContainsFunc(d.Layers, func(l string) bool { return ref[l] == 0 }) {
		var err error
		if ref, err = m.reference(ctx, be, d.Layers, n, step); err != nil {
			return err
		}
		if n.Known != nil {
			maps.Copy(n.Known, ref)
		}
	}
	for l, name := range d.Layers {
		if _, err := n.Scaling.Apply(d.Values[l], m.Shape(name), ref[name], trainMean[name]); err != nil {
			return fmt.Errorf("norm correction of %s: %w", name, err)
		}
	}
	d.Corrected, d.Scaling = true, n.Scaling.String()
	return nil
}

// reference is s₀ of each layer.
func (m *Model) reference(ctx context.Context, be compute.Backend, layers []string, n Norm, step func(done, total int)) (decode.Reference, error) {
	if !n.Scaling.NeedsReference() {
		return nil, nil
	}
	if n.Statistics != "" {
		return published(ctx, n.Statistics, layers, n.Scaling.DDof())
	}
	var s decode.Spreads
	err := m.Stream(ctx, be, n.Natural, layers, func(i int, f [][]float32) error {
		for l, name := range layers {
			if err := s.Add(name, f[l], m.Shape(name)); err != nil {
				return fmt.Errorf("%s: %w", n.Natural[i], err)
			}
		}
		return nil
	}, step)
	if err != nil {
		return nil, err
	}
	if n.Scaling.DDof() == 0 {
		return s.Reference(), nil
	}
	return decode.ReferenceOf(s.ChannelStd(n.Scaling.DDof()))
}

// published reads the standard deviations of a statistics file, of each channel or of the layer.
func published(ctx context.Context, path string, layers []string, ddof int) (decode.Reference, error) {
	all, err := features.ReadStatistics(ctx, path)
	if err != nil {
		return nil, err
	}
	stds := map[string][]float64{}
	for _, s := range all {
		if s.Name != "std" && s.Name != fmt.Sprintf("std, ddof=%d", ddof) && s.Name != "" {
			continue
		}
		stds[s.Layer] = nil
		for _, v := range s.Values {
			stds[s.Layer] = append(stds[s.Layer], float64(v))
		}
	}
	chosen := map[string][]float64{}
	for _, l := range layers {
		if chosen[l] = stds[l]; len(stds[l]) == 0 {
			return nil, fmt.Errorf("%s has no standard deviation (ddof %d) of %s", path, ddof, l)
		}
	}
	return decode.ReferenceOf(chosen)
}
