package pipeline

import (
	"context"
	"math"

	"reverie/compute"
)

// ChannelStd gives, for each layer, the standard deviation of every channel over
// pictures and positions (ddof 1): what the lab's statistics files hold, there
// over 10,000 pictures of ImageNet.
func (m *Model) ChannelStd(ctx context.Context, be compute.Backend, paths, layers []string, step func(done, total int)) (map[string][]float64, error) {
	type moments struct{ n, mean, m2 float64 }
	all := make([][]moments, len(layers))
	for l, name := range layers {
		all[l] = make([]moments, m.Shape(name).C)
	}
	err := m.Stream(ctx, be, paths, layers, func(_ int, f [][]float32) error {
		for l := range f {
			size := len(f[l]) / len(all[l])
			for c := range all[l] {
				a := &all[l][c]
				for _, v := range f[l][c*size : (c+1)*size] { // Welford: no cancellation
					a.n++
					d := float64(v) - a.mean
					a.mean += d / a.n
					a.m2 += d * (float64(v) - a.mean)
				}
			}
		}
		return nil
	}, step)
	if err != nil {
		return nil, err
	}
	out := map[string][]float64{}
	for l, name := range layers {
		for _, a := range all[l] {
			out[name] = append(out[name], math.Sqrt(a.m2/max(a.n-1, 1)))
		}
	}
	return out, nil
}
