package recon

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"reverie/compute"
	"reverie/compute/nn"
)

// image is a task being worked on.
type image struct {
	task, slot int
	opt        *LBFGSB
	grad       []float64
	total      float64 // of the last evaluation
	best       bool    // the last evaluation was the lowest so far
	accepted   bool    // the last evaluation ended an iteration, or was the first
	bestX      []float32
	bestLoss   []float64
	bestTotal  float64
	trace      []float64
}

// ditherSeed is any number that never changes.
const ditherSeed = 2019

func newImage(task, slot int, first []float32, spec compute.Spec, opt Options) (*image, error) {
	n := spec.Net.Input.Len()
	plane := n / 3
	start, lower, upper := make([]float64, n), make([]float64, n), make([]float64, n)
	dither := nn.NewStream(ditherSeed, 0)
	for i := range start {
		c := i / plane
		start[i] = opt.Start[c] - opt.Mean[c] + opt.Dither*(2*dither.Uniform(uint64(i))-1)
		if first != nil {
			start[i] = float64(first[i])
		}
		lower[i], upper[i] = -opt.Mean[c], 255-opt.Mean[c]
	}
	o, err := NewLBFGSB(start, lower, upper, LBFGSBOptions{
		History: opt.History, MaxIterations: opt.Iterations, MaxLineSearch: opt.MaxLineSearch,
		FTol: opt.FTol, GTol: opt.GTol, FirstStep: opt.FirstStep,
	})
	if err != nil {
		return nil, err
	}
	return &image{
		task: task, slot: slot, opt: o, grad: make([]float64, n),
		bestX: make([]float32, n), bestLoss: make([]float64, len(spec.Layers)),
		trace: make([]float64, 0, opt.Iterations+opt.Iterations/4),
	}, nil
}

// ask writes the point to evaluate into x.
func (im *image) ask(x []float32) {
	for i, v := range im.opt.X() {
		x[i] = float32(v)
	}
}

// tell takes the evaluation of x.
func (im *image) tell(x []float32, loss []float64, grad []float32) {
	for i, v := range grad {
		im.grad[i] = float64(v)
	}
	im.total = 0
	for _, v := range loss {
		im.total += v
	}
	im.trace = append(im.trace, im.total)
	before := im.opt.Iterations()
	_, lowest := im.opt.Best()
	im.opt.Tell(im.total, im.grad)
	_, now := im.opt.Best()
	im.best = now < lowest
	failed := im.opt.Status() == Failed
	im.accepted = !failed && (im.opt.Evaluations() == 1 || im.opt.Iterations() > before)
	if im.best {
		copy(im.bestX, x)
		copy(im.bestLoss, loss)
		im.bestTotal = now
	}
}

// finish writes the result.
func (im *image) finish(r *Result, reason string) {
	r.Trace, r.Reason = im.trace, reason
	r.Iterations, r.Evaluations = im.opt.Iterations(), im.opt.Evaluations()
	if im.opt.Status() == Failed {
		r.Err = fmt.Errorf("reconstruction of %q: %s: %w", r.Label, reason, ErrNotFinite)
	}
	// Infinite as long as no finite loss was seen.
	if _, f := im.opt.Best(); finite(f) {
		r.X, r.Loss, r.Total = im.bestX, im.bestLoss, im.bestTotal
	}
}

// each calls f for every active image, as many at a time as there are cores.
// Which goroutine takes which image does not touch the results.
func (r *run) each(f func(i int, im *image)) {
	workers := min(runtime.GOMAXPROCS(0), len(r.active))
	if workers < 2 {
		for i, im := range r.active {
			f(i, im)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(r.active); i = int(next.Add(1)) - 1 {
				f(i, r.active[i])
			}
		})
	}
	wg.Wait()
}
