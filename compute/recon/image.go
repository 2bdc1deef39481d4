package recon

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"reverie/compute"
	"reverie/compute/nn"
)

// optimizer is an ask/tell machine: evaluate at X, Tell, as long as it is Running.
type optimizer interface {
	X() []float64
	Tell(loss float64, gradient []float64) Status
	Status() Status
	Reason() string
	Iterations() int
}

// image is a task being worked on.
type image struct {
	task, slot int
	targets    string // hash of those that were loaded
	opt        optimizer
	first      int // iteration that it began at
	grad       []float64
	asked      []float32 // what was evaluated last
	total      float64   // of the last evaluation
	best       bool      // the last evaluation was the lowest so far
	accepted   bool      // the last evaluation ended an iteration, or was the first
	kept       bool      // the last evaluation is the result so far
	keeps      bool      // the result is the last point, not the best
	result     point
	picture    []float32 // that the generator made of result.x, when the image has ended
	latent     bool      // result.x is a latent vector
	lowest     float64
	trace      []float64
}

// point is what the result will be of.
type point struct {
	x     []float32 // variables
	loss  []float64
	total float64
	some  bool
}

// ditherSeed is any number that never changes. Streams of Options.Seed are noiseStream, latentStream, jitterStream.
const (
	ditherSeed   = 2019
	noiseStream  = 1
	latentStream = 2
)

func newImage(task, slot int, t Task, spec compute.Spec, opt Options) (*image, error) {
	n := spec.Net.Input.Len()
	lower, upper, err := opt.bounds(spec.Net)
	if err != nil {
		return nil, err
	}
	start := opt.start(spec.Net)
	for i, v := range t.Start {
		start[i] = float64(v)
	}
	im := &image{
		task: task, slot: slot, first: t.StartIteration, grad: make([]float64, n), asked: make([]float32, n), lowest: math.Inf(1),
		result: point{x: make([]float32, n), loss: make([]float64, len(spec.Layers))},
		trace:  make([]float64, 0, opt.Iterations+opt.Iterations/4),
		latent: spec.Net.Head > 0,
	}
	if opt.Optimizer == Descent {
		if spec.Net.Head == 0 {
			lower, upper = nil, nil // pixels are free, as in the released code
		}
		im.opt, im.keeps = newDescent(start, spec.Net.Input, lower, upper, t.StartIteration, opt, spec.Net.Head > 0), true
		return im, nil
	}
	im.opt, err = NewLBFGSB(start, lower, upper, LBFGSBOptions{
		History: opt.History, MaxIterations: opt.Iterations - t.StartIteration, MaxLineSearch: opt.MaxLineSearch,
		FTol: opt.FTol, GTol: opt.GTol, FirstStep: opt.FirstStep,
	})
	return im, err
}

// start is the first image, or the first latent vector.
func (o Options) start(net *nn.Network) []float64 {
	n := net.Input.Len()
	start := make([]float64, n)
	noise, dither := nn.NewStream(o.Seed, noiseStream), nn.NewStream(ditherSeed, 0)
	for i := range start {
		c := i / max(1, n/3)
		switch {
		case net.Head > 0 && o.Latent.Random:
			start[i] = float64(float32(nn.NewStream(o.Seed, latentStream).Normal(uint64(i))))
		case net.Head > 0:
		case o.Noise:
			start[i] = math.Floor(256*noise.Uniform(uint64(i))) - o.Mean[c]
		default:
			start[i] = o.Start[c] - o.Mean[c] + o.Dither*(2*dither.Uniform(uint64(i))-1)
		}
	}
	return start
}

// ask writes the point to evaluate into x.
func (im *image) ask(x []float32) {
	for i, v := range im.opt.X() {
		x[i] = float32(v)
	}
	if d, ok := im.opt.(*descent); ok && d.jitters() { // shown without the shift
		for i, v := range d.evaluated {
			im.asked[i] = float32(v)
		}
		return
	}
	copy(im.asked, x)
}

// tell takes the evaluation of what was asked.
func (im *image) tell(loss []float64, grad []float32) {
	for i, v := range grad {
		im.grad[i] = float64(v)
	}
	im.total = 0
	for _, v := range loss {
		im.total += v
	}
	im.trace = append(im.trace, im.total)
	before := im.opt.Iterations()
	im.opt.Tell(im.total, im.grad)
	failed := im.opt.Status() == Failed
	im.best = !failed && im.total < im.lowest
	im.accepted = !failed && (im.keeps || len(im.trace) == 1 || im.opt.Iterations() > before)
	if im.best {
		im.lowest = im.total
	}
	im.kept = im.best || im.keeps && !failed
	if im.kept {
		copy(im.result.x, im.asked)
		copy(im.result.loss, loss)
		im.result.total, im.result.some = im.total, true
	}
}

// iteration is that of the point that was evaluated last.
func (im *image) iteration() int {
	if im.keeps { // the update after it is made already
		return im.first + len(im.trace) - 1
	}
	return im.first + im.opt.Iterations()
}

// finish writes the result; the picture of a generator is there already where it can be had.
func (im *image) finish(r *Result, reason string) {
	r.Trace, r.Reason = im.trace, reason
	r.Iterations, r.Evaluations = im.opt.Iterations(), len(im.trace)
	if !im.keeps {
		r.Iterations += im.first
	}
	if im.opt.Status() == Failed {
		r.Err = fmt.Errorf("reconstruction of %q: %s: %w", r.Label, reason, ErrNotFinite)
	}
	if !im.result.some {
		return
	}
	r.Loss, r.Total = im.result.loss, im.result.total
	if im.latent {
		r.X, r.Z = im.picture, im.result.x
		return
	}
	r.X = im.result.x
	if d, ok := im.opt.(*descent); ok && im.opt.Status() != Failed { // the released code gives the image after the last update
		r.X = make([]float32, len(im.result.x))
		for i, v := range d.latest() {
			r.X[i] = float32(v)
		}
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
