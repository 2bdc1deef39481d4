package batch

import (
	"context"
	"slices"
	"time"

	"reverie/compute"
)

// time is how many seconds an evaluation of one image takes among others.
func (j *Job) time(ctx context.Context, g *program, batch int) (float64, error) {
	if j.Host.Backend().Name() == "cpu" {
		batch = min(batch, trialImages)
	}
	p, err := j.compile(g, batch)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	if err := aim(p); err != nil {
		return 0, err
	}
	spec := p.Spec()
	n := spec.Net.Input.Len()
	x, grad := make([]float32, spec.Batch*n), make([]float32, spec.Batch*n)
	for i := range x {
		x[i] = float32(i*7919%23) - 11
	}
	loss := make([]float64, spec.Batch*len(spec.Layers))
	var slots []int
	for i := range spec.Batch {
		slots = append(slots, i)
	}
	var took []time.Duration
	for i := range 1 + trials { // the first is to warm up
		begun := time.Now()
		if err := p.Evaluate(ctx, x, slots, loss, grad); err != nil {
			return 0, err
		}
		if d := time.Since(begun); i > 0 {
			took = append(took, d)
		}
	}
	slices.Sort(took)
	return took[len(took)/2].Seconds() / float64(spec.Batch) * besideEvaluations, nil
}

// aim gives each slot of a program some target.
func aim(p compute.Program) error {
	spec := p.Spec()
	for l, name := range spec.Layers {
		op, _, _ := spec.Net.Op(name)
		v := make([]float32, op.Out.Len())
		for i := range v {
			v[i] = float32(i%17) - 8
		}
		for s := range spec.Batch {
			if err := p.SetTarget(s, l, compute.Target{Values: v, Weight: 1 / float64(len(v))}); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	trialImages = 4
	trials      = 3
	// besideEvaluations is what optimisers and files add.
	besideEvaluations = 1.05
)
