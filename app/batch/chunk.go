package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"reverie/app/pipeline"
	"reverie/compute/nn"
	"reverie/compute/recon"
)

// chunk makes the images of a chunk, going on from its state where there is one. An image that is there already is
// made again with the others: images evaluated together stay so, for the sake of the last bit.
func (r *run) chunk(ctx context.Context, c chunk) error {
	g := r.programs[c.program]
	m, opt := r.Host.Model(g.imagery), r.options(g.prior)
	if err := r.prepare(ctx, c); err != nil {
		return err
	}
	var loadErr error
	q := pipeline.Request{Layers: g.layers, Options: opt, Prior: r.prior(g.prior), Batch: len(c.units), Wait: r.wait}
	masks, err := r.masks(g)
	if err != nil {
		return err
	}
	for _, u := range c.units {
		set := r.parts[u.part].set
		s := r.sets[set]
		k := pipeline.Job{Label: s.Labels[u.sample], Masks: masks, Load: func(ctx context.Context) ([][]float32, error) {
			f, err := r.load(ctx, set, u.sample, g.layers)
			if err != nil && loadErr == nil {
				loadErr = err
			}
			return f, err
		}}
		if path := s.Stimuli[s.Of[u.sample]].Image; path != "" {
			var err error
			if k.Original, err = m.Picture(path); err != nil {
				return err
			}
		}
		if r.start != nil && !g.prior {
			k.From.Picture = r.start
		}
		q.Jobs = append(q.Jobs, k)
	}
	st := newState(r.work(stateFile), c, len(c.units))
	made, err := r.reconstruct(ctx, m, q, c, st)
	if errors.Is(err, recon.ErrState) && st.resumed {
		// Another version's, or damaged: the images are made from the start.
		for i := range c.units {
			r.meter.skip(-st.reached(i), -g.cost*float64(st.reached(i)))
		}
		st = newState(r.work(stateFile), c, len(c.units))
		st.drop()
		made, err = r.reconstruct(ctx, m, q, c, st)
	}
	if loadErr != nil {
		return loadErr
	}
	if err != nil {
		return err
	}
	for i := range made {
		made[i].Curve = st.curves[i]
	}
	return r.keep(c, m, made)
}

// masks are those of the chosen channels, for each layer of a program; nil where all take part.
func (j *Job) masks(g *program) ([][]float32, error) {
	if j.Spec.Channels == "" {
		return nil, nil
	}
	m := j.Host.Model(g.imagery)
	chosen, err := pipeline.Channels(j.Spec.Channels, func(l string) (nn.Shape, bool) {
		op, _, ok := m.Net.Op(l)
		return op.Out, ok && op.HasFeature()
	})
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	out := make([][]float32, len(g.layers))
	for i, l := range g.layers {
		if c := chosen[l]; c != nil {
			if out[i], err = recon.ChannelMask(m.Shape(l), c); err != nil {
				return nil, fmt.Errorf("batch: %w", err)
			}
		}
	}
	return out, nil
}

// prepare decodes what a chunk starts from.
func (r *run) prepare(ctx context.Context, c chunk) error {
	if !r.cached() {
		return ctx.Err()
	}
	r.meter.rest()
	for _, u := range c.units {
		set := r.parts[u.part].set
		s := r.sets[set]
		if err := r.gate.Wait(ctx); err != nil {
			return err
		}
		err := r.decode(ctx, set, u.sample, func(stage string, done, total int) {
			r.meter.other(fmt.Sprintf("%s %s: %s", s.Name, s.ROI, stage), done, total)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) wait(ctx context.Context) error {
	if r.gate == nil || !r.gate.Paused() {
		return ctx.Err()
	}
	r.meter.rest()
	err := r.gate.Wait(ctx)
	r.meter.start()
	return err
}

// betweenUpdates is how often is told how far the images on the way are.
const betweenUpdates = time.Second / 2

// reconstruct runs a chunk, with snapshots, progress and checkpoints.
func (r *run) reconstruct(ctx context.Context, m *pipeline.Model, q pipeline.Request, c chunk, st *state) ([]pipeline.Picture, error) {
	g := r.programs[c.program]
	n := q.Options.Iterations
	last := n
	if q.Options.Optimizer == recon.Descent {
		last-- // of descent the image before the last update
	}
	f, from, err := st.open()
	if err != nil {
		return nil, err
	}
	if f != nil {
		defer f.Close()
		q.Resume = from
	}
	for i := range c.units {
		r.meter.skip(st.reached(i), g.cost*float64(st.reached(i)))
	}
	r.meter.stage = r.stage(c)
	r.meter.start()
	defer r.meter.rest()
	r.tell(c.units[0].part, nil)
	var failed error
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q.Observe = func(f recon.Frame) {
		i := f.Task
		before := st.reached(i)
		st.curves[i] = append(st.curves[i], pipeline.CurvePoint{Iteration: f.Iteration, Evaluation: f.Evaluation, Loss: f.Total})
		r.meter.step(f.Iteration-before, g.cost*float64(f.Iteration-before))
		if time.Since(r.told) > betweenUpdates {
			r.tell(c.units[i].part, nil)
		}
		if r.snaps != (pipeline.Snapshots{}) && (r.snaps.Keeps(f.Iteration) || f.Iteration == last) {
			if err := r.snapshot(c.units[i], f, m.Raw(f.X)); err != nil && failed == nil {
				failed = err
				cancel(err)
			}
		}
	}
	q.Checkpoint = func(save func(io.Writer) error) error { return st.checkpoint(save) }
	made, err := m.Reconstruct(ctx, r.Host.Backend(), q)
	if failed != nil {
		return nil, failed
	}
	for i := range c.units {
		if rest := n - st.reached(i); err == nil && rest > 0 {
			r.meter.skip(rest, g.cost*float64(rest))
		}
	}
	return made, err
}

// stage says what is at work.
func (r *run) stage(c chunk) string {
	d := r.describe(c.units[0].part, 0)
	way := "pixels"
	if d.Prior {
		way = "prior"
	}
	name := d.Subject
	if d.ROI != "" {
		name += " " + d.ROI
	}
	return fmt.Sprintf("%s, %s, %s", name, d.Layers, way)
}
