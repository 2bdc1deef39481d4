package recon

import (
	"context"
	"errors"
	"fmt"
	"io"

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
	X                     []float32 // BGR, C,H,W, mean subtracted. X, Z and Loss are valid during the call only
	Z                     []float32 // the latent vector, behind a generator
}

// Result is what became of a task.
type Result struct {
	Label string
	// X is the image as in Frame: of L-BFGS that of the lowest loss, of descent what the released code gives, which
	// is the image after the last update, of a generator that before it. nil where none was evaluated, and where the
	// picture of a latent vector could not be had any more when the run was cut off.
	X                       []float32
	Z                       []float32 // the latent vector of X, behind a generator
	Loss                    []float64 // per layer: at X, or of pixel descent at the last evaluation
	Total                   float64
	Trace                   []float64 // total loss of every evaluation, in order
	Iterations, Evaluations int
	Reason                  string // why it ended, for people
	Err                     error  // wraps ErrNotFinite or is Task.Load's; X may be there all the same
}

// Hooks are called by Run; each may be nil.
type Hooks struct {
	// Wait is called before each round and may block; an error ends the run.
	Wait func(context.Context) error
	// Observe is called from the calling goroutine for the start image and each
	// accepted iteration, in task order within a round.
	Observe func(Frame)
	// Want asks whether an iteration is to be observed; nil is all.
	Want func(task, iteration int) bool
	// Recover is asked when the program failed, with its error. The program that it
	// gives, of the same spec, takes the images over where they are; it stays the
	// caller's to close. An error of its own ends the run.
	Recover func(error) (compute.Program, error)
	// Done is called when a task has ended, by itself or with an error of its own; not for one that is cut off.
	// An X or Z that it sets to nil is forgotten: Run's results and later states do not hold it.
	Done func(task int, r *Result)
	// Checkpoint is called before each round, when nothing is evaluated. save writes all that a run needs to go on
	// from there: of an image at work by L-BFGS up to 208 bytes a variable (10 MB at 128×128), by descent 20, and the
	// finished results. An error of Checkpoint ends the run.
	Checkpoint func(save func(io.Writer) error) error
	// Resume, where not nil, is read first: the state of a run of the same tasks, options, batch and network (ErrState
	// where it is not, or is damaged). The images then take the courses that they would have taken, to the bit where
	// the program computes to the bit. A file or a bytes.Reader is not held in memory.
	Resume io.Reader
	// Identity is what else must be equal for a state to be taken up: the weights' digest, the backend and its plan.
	Identity string
}

// Run reconstructs an image for every task. As many as the program has slots
// are worked on at a time, one shared evaluation per round; a finished image
// makes room for the next task. Each image's course is independent of the
// others as far as the program's results are. Of a network behind a generator
// the latent vector is worked on.
//
// What can be checked is, before the first evaluation. When ctx ends, wait or the
// program fails, the results so far come with the error, one per task.
func Run(ctx context.Context, prog compute.Program, tasks []Task, opt Options, hooks Hooks) ([]Result, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	spec := prog.Spec()
	switch {
	case !spec.Gradient:
		return nil, errors.New("reconstruction: the program was compiled without gradient")
	case spec.Net.Picture().C != 3:
		return nil, fmt.Errorf("reconstruction: the network takes %v, want three colour channels", spec.Net.Picture())
	case spec.Loss != opt.Loss:
		return nil, fmt.Errorf("reconstruction: the program was compiled for the loss %s, the options say %s", spec.Loss, opt.Loss)
	}
	if _, _, err := opt.bounds(spec.Net); err != nil {
		return nil, err
	}
	r := &run{prog: prog, spec: spec, opt: opt, tasks: tasks, hooks: hooks, units: spec.Net.Input.Len()}
	for _, t := range tasks {
		if err := t.check(spec, opt); err != nil {
			return nil, err
		}
		if t.Load == nil {
			if _, err := t.layerWeights(t.Targets, spec, opt); err != nil {
				return nil, err
			}
		}
		r.results = append(r.results, Result{Label: t.Label})
	}
	n := min(spec.Batch, len(tasks))
	r.x, r.grad = make([]float32, n*r.units), make([]float32, n*r.units)
	r.loss = make([]float64, n*len(spec.Layers))
	for slot := n - 1; slot >= 0; slot-- {
		r.idle = append(r.idle, slot)
	}
	if spec.Net.Head > 0 {
		r.picture = make([]float32, spec.Net.Picture().Len())
	}
	err := r.resume(ctx)
	if err != nil {
		return nil, err
	}
	err = r.loop(ctx)
	r.rescue(ctx)
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
