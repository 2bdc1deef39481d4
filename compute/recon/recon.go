package recon

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"reverie/compute"
)

// ErrNotFinite marks a Result whose loss or gradient stopped being finite.
var ErrNotFinite = errors.New("loss or gradient not finite")

// Frame is an image on the way.
type Frame struct {
	Task                  int       // index of the task
	Iteration, Evaluation int       // Iteration 0 is the start image
	Loss                  []float64 // per layer of the program, with weight and factor
	Total                 float64
	Best                  bool      // no evaluation of this image had a lower loss
	X                     []float32 // BGR, C,H,W, mean subtracted. X and Loss are valid during the call only
}

// Result is what became of a task.
type Result struct {
	Label                   string
	X                       []float32 // the image of the lowest loss as in Frame; nil where none was evaluated
	Loss                    []float64 // per layer, at X
	Total                   float64
	Trace                   []float64 // total loss of every evaluation, in order
	Iterations, Evaluations int
	Reason                  string // why it ended, for people
	Err                     error  // wraps ErrNotFinite; nil otherwise, X may be there all the same
}

// Hooks are called by Run; each may be nil.
type Hooks struct {
	// Wait is called before each round and may block; an error ends the run.
	Wait func(context.Context) error
	// Observe is called from the calling goroutine for the start image and each
	// accepted iteration, in task order within a round.
	Observe func(Frame)
	// Recover is asked when the program failed, with its error. The program that it
	// gives, of the same spec, takes the images over where they are; it stays the
	// caller's to close. An error of its own ends the run.
	Recover func(error) (compute.Program, error)
}

// Run reconstructs an image for every task. As many as the program has slots
// are worked on at a time, one shared evaluation per round; a finished image
// makes room for the next task. Each image's course is independent of the
// others as far as the program's results are.
//
// All tasks are checked before the first evaluation. When ctx ends, wait or the
// program fails, the results so far come with the error, one per task.
func Run(ctx context.Context, prog compute.Program, tasks []Task, opt Options, hooks Hooks) ([]Result, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	spec := prog.Spec()
	if !spec.Gradient {
		return nil, errors.New("reconstruction: the program was compiled without gradient")
	}
	if spec.Net.Input.C != 3 {
		return nil, fmt.Errorf("reconstruction: the network takes %v, want three colour channels", spec.Net.Input)
	}
	r := &run{prog: prog, spec: spec, opt: opt, tasks: tasks, hooks: hooks, units: spec.Net.Input.Len()}
	for _, t := range tasks {
		w, err := t.layerWeights(spec, opt)
		if err != nil {
			return nil, err
		}
		r.weights = append(r.weights, w)
		r.results = append(r.results, Result{Label: t.Label})
	}
	n := min(spec.Batch, len(tasks))
	r.x, r.grad = make([]float32, n*r.units), make([]float32, n*r.units)
	r.loss = make([]float64, n*len(spec.Layers))
	for slot := n - 1; slot >= 0; slot-- {
		r.idle = append(r.idle, slot)
	}
	err := r.loop(ctx)
	for _, im := range r.active {
		im.finish(&r.results[im.task], "cancelled")
		if err != nil && !errors.Is(err, ctx.Err()) {
			r.results[im.task].Reason = "stopped by an error: " + err.Error()
		}
	}
	for i := r.next; i < len(tasks); i++ {
		r.results[i].Reason = "not started"
	}
	return r.results, err
}

// run is the state of one Run.
type run struct {
	prog    compute.Program
	spec    compute.Spec
	opt     Options
	tasks   []Task
	weights [][]float64
	hooks   Hooks
	units   int // values of one image
	results []Result
	active  []*image // in task order; image i uses row i of x, grad and loss
	idle    []int    // free slots, the next one last
	next    int      // first task not started
	slots   []int
	x, grad []float32
	loss    []float64
}

func (r *run) loop(ctx context.Context) error {
	layers := len(r.spec.Layers)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.fill(); err != nil {
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
			im.tell(r.row(r.x, i), r.loss[i*layers:(i+1)*layers], r.row(r.grad, i))
		})
		r.report()
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
		if err := r.setTargets(im.slot, im.task); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) setTargets(slot, task int) error {
	for l, target := range r.tasks[task].Targets {
		if err := r.prog.SetTarget(slot, l, compute.Target{Values: target, Weight: r.weights[task][l]}); err != nil {
			return fmt.Errorf("%q: %w", r.tasks[task].Label, err)
		}
	}
	return nil
}

func (r *run) row(v []float32, i int) []float32 { return v[i*r.units : (i+1)*r.units] }

// fill gives idle slots to the tasks that wait.
func (r *run) fill() error {
	for len(r.idle) > 0 && r.next < len(r.tasks) {
		slot := r.idle[len(r.idle)-1]
		if err := r.setTargets(slot, r.next); err != nil {
			return fmt.Errorf("reconstruction of %w", err)
		}
		im, err := newImage(r.next, slot, r.tasks[r.next].Start, r.spec, r.opt)
		if err != nil {
			return fmt.Errorf("reconstruction of %q: %w", r.tasks[r.next].Label, err)
		}
		r.idle = r.idle[:len(r.idle)-1]
		r.active = append(r.active, im)
		r.next++
	}
	return nil
}

// report shows the round's accepted images and takes the finished ones out.
func (r *run) report() {
	layers := len(r.spec.Layers)
	for i, im := range r.active {
		if im.accepted && r.hooks.Observe != nil {
			r.hooks.Observe(Frame{
				Task: im.task, Iteration: im.opt.Iterations(), Evaluation: im.opt.Evaluations(),
				Loss: r.loss[i*layers : (i+1)*layers], Total: im.total, Best: im.best, X: r.row(r.x, i),
			})
		}
	}
	r.active = slices.DeleteFunc(r.active, func(im *image) bool {
		if im.opt.Status() == Running {
			return false
		}
		im.finish(&r.results[im.task], im.opt.Reason())
		r.idle = append(r.idle, im.slot)
		return true
	})
}
