package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"

	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/nn"
	"reverie/compute/recon"
)

// run is a job at work.
type run struct {
	*Job
	gate   *job.Gate
	update func(session.BatchUpdate)
	meter  *meter
	done   []int // images of each part
	images int
	all    int          // done of images
	start  *session.Raw // picture that pixels start from; nil is the options'
}

// Run makes what is missing. A cancelled run gives the context's error; what is finished stays, and Run goes on from
// there. gate may be nil; update and report are called by one goroutine.
func (j *Job) Run(ctx context.Context, overwrite bool, gate *job.Gate, update func(session.BatchUpdate), report job.Reporter) error {
	r := &run{Job: j, gate: gate, update: update, meter: newMeter(report)}
	release, err := j.claim(overwrite, func() error {
		e, err := j.measure(ctx, r.meter, false)
		if err != nil {
			return err
		}
		j.choose(e.batch, free(existing(j.Dir)))
		return nil
	})
	if err != nil {
		return err
	}
	defer release()
	if err := r.take(); err != nil {
		return err
	}
	defer bound()()
	for _, w := range j.waves() {
		if err := r.wave(ctx, w); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(j.work()); err != nil {
		return fmt.Errorf("batch: tidy up: %w", err)
	}
	return nil
}

// bound keeps Go's garbage to what the plan takes it for; the function it gives ends that.
func bound() func() {
	before := debug.SetGCPercent(garbagePercent)
	return func() { debug.SetGCPercent(before) }
}

// take counts what is there.
func (r *run) take() error {
	images, iterations := r.Job.images()
	r.images, r.meter.total = images, iterations
	for i, p := range r.parts {
		n := r.count(i)
		r.done = append(r.done, n)
		r.all += n
		r.meter.done += n * r.options(p.prior).Iterations
	}
	for _, g := range r.programs {
		for _, p := range g.parts {
			r.meter.left += g.cost * float64((len(r.samplesOf(p))-r.done[p])*r.options(g.prior).Iterations)
		}
	}
	if r.Spec.Start != "" {
		m := r.Host.Model(false)
		img, err := m.Picture(r.Spec.Start)
		if err != nil {
			return fmt.Errorf("batch: the picture to start from: %w", err)
		}
		r.start = session.RawOf(img)
	}
	r.tell(0, nil)
	return nil
}

func (r *run) tell(part int, finished []session.BatchPicture) {
	r.update(session.BatchUpdate{Group: r.describe(part, r.done[part]), Images: r.images, Done: r.all, Finished: finished})
	r.meter.tell()
}

// wave makes the images of a wave, then takes its decoded features off the disk.
func (r *run) wave(ctx context.Context, w wave) error {
	for _, c := range w.chunks {
		if r.whole(c) {
			continue
		}
		if err := r.chunk(ctx, c); err != nil {
			return err
		}
	}
	for _, s := range w.sets {
		for i, p := range r.parts {
			if p.set == s && !r.finished(i) {
				if err := r.finish(i); err != nil {
					return err
				}
			}
		}
		if err := os.RemoveAll(r.work(cacheDir, strconv.Itoa(s))); err != nil {
			return fmt.Errorf("batch: remove decoded features: %w", err)
		}
	}
	return nil
}

// whole tells whether all images of a chunk are there.
func (r *run) whole(c chunk) bool {
	for _, u := range c.units {
		if !r.finished(u.part) && !r.isDone(u.part, u.sample) {
			return false
		}
	}
	return true
}

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
