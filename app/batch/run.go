package batch

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"reverie/app/job"
	"reverie/app/session"
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
	told   time.Time    // when update was called last
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
	r.told = time.Now()
	fraction := float64(r.meter.done) / float64(max(r.meter.total, 1))
	r.update(session.BatchUpdate{Group: r.describe(part, r.done[part]), Images: r.images, Done: r.all, Fraction: fraction, Finished: finished})
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
