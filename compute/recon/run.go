package recon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"reverie/compute"
)

// run is the state of one Run.
type run struct {
	prog    compute.Program
	spec    compute.Spec
	opt     Options
	tasks   []Task
	hooks   Hooks
	units   int // values of one image
	results []Result
	active  []*image // in task order; image i uses row i of x, grad and loss
	idle    []int    // free slots, the next one last
	next    int      // first task not started
	slots   []int
	x, grad []float32
	loss    []float64
	picture []float32 // of a generator, for frames
	print   string    // what tells runs apart, once it was needed
}

func (r *run) loop(ctx context.Context) error {
	layers := len(r.spec.Layers)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.fill(ctx); err != nil {
			return err
		}
		if err := r.checkpoint(); err != nil {
			return err
		}
		n := len(r.active)
		if n == 0 {
			return nil
		}
		if r.hooks.Wait != nil {
			if err := r.hooks.Wait(ctx); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		r.slots = r.slots[:0]
		for _, im := range r.active {
			r.slots = append(r.slots, im.slot)
		}
		r.each(func(i int, im *image) { im.ask(r.row(r.x, i)) })
		if err := r.prog.Evaluate(ctx, r.x[:n*r.units], r.slots, r.loss[:n*layers], r.grad[:n*r.units]); err != nil {
			if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
				return ctx.Err() // a cancelled evaluation tells nothing; the images stand as before it
			}
			if err := r.takeOver(ctx, err); err != nil {
				return fmt.Errorf("reconstruction: %w", err)
			}
			continue
		}
		r.each(func(i int, im *image) {
			im.tell(r.loss[i*layers:(i+1)*layers], r.row(r.grad, i))
		})
		if err := r.report(ctx); err != nil {
			if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
				return ctx.Err()
			}
			return fmt.Errorf("reconstruction: %w", err)
		}
	}
}

// takeOver gives the active images to another program after an evaluation failed.
// Nothing of theirs is lost: what an evaluation needs are targets and the images.
func (r *run) takeOver(ctx context.Context, cause error) error {
	if r.hooks.Recover == nil || ctx.Err() != nil {
		return cause
	}
	prog, err := r.hooks.Recover(cause)
	if err != nil {
		return err
	}
	r.prog = prog
	for _, im := range r.active {
		if _, err := r.setTargets(ctx, im.slot, im.task); err != nil {
			return err
		}
	}
	return nil
}

// setTargets gives a slot a task's targets. The hash is of those that were loaded, where states may be asked for.
func (r *run) setTargets(ctx context.Context, slot, task int) (hash string, err error) {
	t := r.tasks[task]
	values, weights, err := t.targets(ctx, r.spec, r.opt)
	if err != nil {
		return "", err
	}
	if t.Load != nil && (r.hooks.Checkpoint != nil || r.hooks.Resume != nil) {
		hash = targetsHash(values)
	}
	for l, v := range values {
		target := compute.Target{Values: v, Weight: weights[l]}
		if t.Masks != nil {
			target.Mask = t.Masks[l]
		}
		if err := r.prog.SetTarget(slot, l, target); err != nil {
			return "", fmt.Errorf("reconstruction of %q: %w", t.Label, err)
		}
	}
	return hash, nil
}

func (r *run) row(v []float32, i int) []float32 { return v[i*r.units : (i+1)*r.units] }

// fill gives idle slots to the tasks that wait. One whose targets cannot be had ends with the error; the others go on.
func (r *run) fill(ctx context.Context) error {
	for len(r.idle) > 0 && r.next < len(r.tasks) {
		slot, t := r.idle[len(r.idle)-1], r.tasks[r.next]
		hash, err := r.setTargets(ctx, slot, r.next)
		if err != nil {
			if t.Load == nil || ctx.Err() != nil || errors.Is(err, compute.ErrDeviceLost) || errors.Is(err, compute.ErrClosed) {
				return err
			}
			r.results[r.next].Err, r.results[r.next].Reason = err, "its features could not be had"
			r.next++
			r.done(r.next - 1)
			continue
		}
		im, err := newImage(r.next, slot, t, r.spec, r.opt)
		if err != nil {
			return fmt.Errorf("reconstruction of %q: %w", t.Label, err)
		}
		im.targets = hash
		r.idle = r.idle[:len(r.idle)-1]
		r.active = append(r.active, im)
		r.next++
	}
	return nil
}

// report shows the round's accepted images and takes the finished ones out.
func (r *run) report(ctx context.Context) error {
	layers := len(r.spec.Layers)
	for i, im := range r.active {
		seen := im.accepted && r.hooks.Observe != nil && (r.hooks.Want == nil || r.hooks.Want(im.task, im.iteration()))
		f := Frame{
			Task: im.task, Iteration: im.iteration(), Evaluation: len(im.trace),
			Loss: r.loss[i*layers : (i+1)*layers], Total: im.total, Best: im.best, X: im.asked,
		}
		ends := im.kept && im.opt.Status() != Running
		if r.picture != nil && (seen || ends) {
			if err := r.fetch(ctx, i); err != nil {
				return err
			}
			if ends {
				im.picture = slices.Clone(r.picture)
			}
			f.X, f.Z = r.picture, im.asked
		}
		if seen {
			r.hooks.Observe(f)
		}
	}
	if err := r.render(ctx); err != nil {
		return err
	}
	r.active = slices.DeleteFunc(r.active, func(im *image) bool {
		if im.opt.Status() == Running {
			return false
		}
		im.finish(&r.results[im.task], im.opt.Reason())
		r.idle = append(r.idle, im.slot)
		r.done(im.task)
		return true
	})
	return nil
}

// fetch gets the picture of active image i. A program that cannot give it any more is replaced as one that
// failed to evaluate, and the round is evaluated again for its pictures.
func (r *run) fetch(ctx context.Context, i int) error {
	err := r.prog.Picture(i, r.picture)
	if err == nil {
		return nil
	}
	if err := r.takeOver(ctx, err); err != nil {
		return err
	}
	n := len(r.slots)
	if err := r.prog.Evaluate(ctx, r.x[:n*r.units], r.slots, r.loss[:n*len(r.spec.Layers)], r.grad[:n*r.units]); err != nil {
		return err
	}
	return r.prog.Picture(i, r.picture)
}

// render makes the pictures of images that have ended at another point than the last.
func (r *run) render(ctx context.Context) error {
	for _, im := range r.active {
		if im.opt.Status() == Running || !im.unseen() {
			continue
		}
		err := r.draw(ctx, im)
		if err != nil && ctx.Err() == nil {
			if err = r.takeOver(ctx, err); err == nil {
				err = r.draw(ctx, im)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rescueTime is how long an ended run may take for the pictures of what it was working on.
const rescueTime = 150 * time.Millisecond

// rescue makes the pictures of images that were cut off, as far as time and program allow.
func (r *run) rescue(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rescueTime)
	defer cancel()
	for _, im := range r.active {
		if im.unseen() && r.draw(ctx, im) != nil {
			return
		}
	}
}

// unseen tells of a result whose picture is not there.
func (im *image) unseen() bool { return im.latent && im.result.some && im.picture == nil }

// draw evaluates an image's result once more, for its picture.
func (r *run) draw(ctx context.Context, im *image) error {
	if err := r.prog.Evaluate(ctx, im.result.x, []int{im.slot}, make([]float64, len(r.spec.Layers)), make([]float32, r.units)); err != nil {
		return err
	}
	picture := make([]float32, len(r.picture))
	if err := r.prog.Picture(0, picture); err != nil {
		return err
	}
	im.picture = picture
	return nil
}

func (r *run) done(task int) {
	if r.hooks.Done != nil {
		r.hooks.Done(task, &r.results[task])
	}
}
