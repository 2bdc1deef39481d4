package train

import (
	"context"

	"reverie/compute/decode"
	"reverie/compute/decode/l2"
	"reverie/compute/decode/slr"
)

// fitter fits the units of a chunk from samples that it holds.
type fitter interface {
	// fit gives the chunk's decoders, counted from 0, and the iterations of each unit, nil for ridge.
	fit(ctx context.Context, t *targets) (*decode.Sparse, []int64, error)
}

type ridge struct{ f *l2.Fitter }

func (r ridge) fit(ctx context.Context, t *targets) (*decode.Sparse, []int64, error) {
	all := &decode.Sparse{}
	err := r.f.Fit(ctx, t, func(w *l2.Weights) error { return all.Append(decode.FromL2(w)) })
	return all, nil, err
}

type sparse struct{ f *slr.Fitter }

func (s sparse) fit(ctx context.Context, t *targets) (*decode.Sparse, []int64, error) {
	all, iterations := &decode.Sparse{}, make([]int64, 0, t.Units())
	err := s.f.Fit(ctx, t, func(w *slr.Weights) error {
		for _, n := range w.Iterations {
			iterations = append(iterations, int64(n))
		}
		return all.Append(decode.FromSLR(w))
	})
	return all, iterations, err
}

// newFitter prepares what the units of one data share.
func (j *Job) newFitter(ctx context.Context, p *prepared) (fitter, error) {
	z, err := p.z(ctx)
	if err != nil {
		return nil, err
	}
	return j.fitterOf(ctx, z, p.trials, p.voxels, p.of)
}

// fitterOf prepares z-scored samples, samples × voxels, with the row of the targets of each.
func (j *Job) fitterOf(ctx context.Context, z []float64, samples, voxels int, of []int) (fitter, error) {
	o := j.Options
	if o.Method == SLR {
		f, err := slr.New(ctx, z, samples, voxels, of, slr.Options{Mode: o.Mode, Prune: o.Prune, Voxels: o.Voxels,
			Iterations: o.Iterations, Units: j.allUnits(), Memory: o.fitterBytes(), Workers: o.Workers})
		if err != nil {
			return nil, err
		}
		return sparse{f}, nil
	}
	f, err := l2.New(ctx, z, samples, voxels, of, l2.Options{Alpha: o.Alpha, Voxels: o.Voxels, FreeBias: o.FreeBias,
		Spatial: o.Spatial, Precision: o.Precision, Memory: o.fitterBytes(), Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	return ridge{f}, nil
}

// allUnits is the number of units of all layers, those that are there already
// and those of other shards too: what slr does depends on it in the last bits.
func (j *Job) allUnits() (n int) {
	for _, l := range j.Layers {
		n += l.Units()
	}
	return n
}

// fitters keeps as many fitters as the memory allows.
type fitters struct {
	j    *Job
	made map[int]fitter // by data
	size map[int]int64
	last int
}

// get gives the fitter of some data. Data come round in the same order in each
// pass, so the one used last is the one needed latest: it goes first.
func (c *fitters) get(ctx context.Context, i int, p *prepared) (fitter, error) {
	if f, ok := c.made[i]; ok {
		c.last = i
		return f, nil
	}
	need, used := c.need(p), int64(0)
	for _, n := range c.size {
		used += n
	}
	for len(c.made) > 0 && used+need > c.j.Options.fitterBytes() {
		out := c.last
		if _, there := c.made[out]; !there {
			for out = range c.made {
				break
			}
		}
		used -= c.size[out]
		delete(c.made, out)
		delete(c.size, out)
	}
	f, err := c.j.newFitter(ctx, p)
	if err != nil {
		return nil, err
	}
	if c.made == nil {
		c.made, c.size = map[int]fitter{}, map[int]int64{}
	}
	c.made[i], c.size[i], c.last = f, need, i
	return f, nil
}

// need is about what a fitter holds: z-scored samples twice and the products of all voxels.
func (c *fitters) need(p *prepared) int64 {
	v := int64(p.voxels)
	return 3*int64(p.trials)*v*8 + v*v*4
}
