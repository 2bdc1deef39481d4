package pipeline

import (
	"context"
	"fmt"

	"reverie/compute"
	"reverie/compute/eval"
)

// Accuracy is the feature decoding accuracy of each layer of d: the mean over
// units of the correlation between decoded and true values across samples.
// pictures gives the stimulus of each sample.
func (m *Model) Accuracy(ctx context.Context, be compute.Backend, d *Decoded, pictures []string, step func(done, total int)) ([]eval.LayerAccuracy, error) {
	if len(pictures) != len(d.Labels) {
		return nil, fmt.Errorf("decoding accuracy: %d pictures for %d samples", len(pictures), len(d.Labels))
	}
	truth := make([][][]float32, len(d.Layers))
	err := m.Stream(ctx, be, pictures, d.Layers, func(_ int, f [][]float32) error {
		for l := range f {
			truth[l] = append(truth[l], append([]float32(nil), f[l]...))
		}
		return nil
	}, step)
	if err != nil {
		return nil, err
	}
	out := make([]eval.LayerAccuracy, len(d.Layers))
	for l := range d.Layers {
		if out[l], err = eval.DecodingAccuracy(d.Values[l], truth[l]); err != nil {
			return nil, fmt.Errorf("decoding accuracy of %s: %w", d.Layers[l], err)
		}
		truth[l] = nil
	}
	return out, nil
}
