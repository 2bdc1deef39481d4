package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"

	"reverie/app/session"
	"reverie/compute"
	"reverie/compute/eval"
	"reverie/compute/nn"
	"reverie/compute/recon"
)

// Batch is how many images a reconstruction evaluates together. More images
// wait their turn; a slot that becomes free takes the next.
const Batch = 10

// Job is one image to reconstruct.
type Job struct {
	Label    string
	Features [][]float32 // per layer of the run
	// Load gives them instead when their turn has come.
	Load     func(context.Context) ([][]float32, error)
	Masks    [][]float32   // per layer; nil is all units
	Weights  []float64     // of the layers; nil is 1/‖target‖²
	Original *image.NRGBA  // at network size; nil where there is none
	From     session.Point // where the image starts; the zero value is Options' start
}

// Picture is one reconstructed image.
type Picture struct {
	Label       string
	Raw         *session.Raw // as computed
	Picture     *image.NRGBA // clipped to 0–255, RGB
	Original    *image.NRGBA
	Correlation float64 // of Picture with the original, over pixels and channels; NaN without one
	Curve       []CurvePoint
	recon.Result
}

// Request is what to reconstruct, and how.
type Request struct {
	Layers  []string
	Jobs    []Job
	Options recon.Options // Mean is the model's
	Prior   *Prior        // nil is pixels alone
	Batch   int           // images evaluated together; 0 is Batch
	Wait    func(context.Context) error
	// Observe is told of each accepted iteration of each image.
	Observe func(recon.Frame)
	// Want, Checkpoint and Resume are recon.Hooks'.
	Want       func(task, iteration int) bool
	Checkpoint func(save func(io.Writer) error) error
	Resume     io.Reader
}

// Reconstruct runs jobs together. A cancelled run returns the best of each image
// so far and the context's error. When the device fails, be is asked for another
// program, which goes on where the images are: app/device then compiles for the
// processor.
func (m *Model) Reconstruct(ctx context.Context, be compute.Backend, q Request) ([]Picture, error) {
	spec, err := m.spec(&q)
	if err != nil {
		return nil, err
	}
	p, err := be.Compile(spec)
	if err != nil {
		return nil, err
	}
	defer func() { p.Close() }()
	jobs := q.Jobs
	tasks := make([]recon.Task, len(jobs))
	for i, j := range jobs {
		tasks[i] = recon.Task{Label: j.Label, Targets: j.Features, Load: j.Load, Masks: j.Masks, Weights: j.Weights, Start: m.Input(j.From.Picture), StartIteration: j.From.Iteration}
		if q.Prior != nil {
			tasks[i].Start = j.From.Latent
		}
	}
	curves := make([][]CurvePoint, len(jobs))
	results, err := recon.Run(ctx, p, tasks, q.Options, recon.Hooks{
		Wait: q.Wait, Want: q.Want, Checkpoint: q.Checkpoint, Resume: q.Resume,
		Observe: func(f recon.Frame) {
			curves[f.Task] = append(curves[f.Task], CurvePoint{f.Iteration, f.Evaluation, f.Total})
			if q.Observe != nil {
				q.Observe(f)
			}
		},
		Recover: func(cause error) (compute.Program, error) {
			if !errors.Is(cause, compute.ErrDeviceLost) && !errors.Is(cause, compute.ErrDeviceMemory) {
				return nil, cause
			}
			next, err := be.Compile(p.Spec())
			if err != nil {
				return nil, errors.Join(cause, err)
			}
			p.Close() // of a device that failed: nothing more to be had from it
			p = next
			return p, nil
		},
	})
	pictures := make([]Picture, len(results))
	for i, r := range results {
		pictures[i] = Picture{Label: r.Label, Original: jobs[i].Original, Correlation: math.NaN(), Curve: curves[i], Result: r}
		if r.X == nil {
			continue
		}
		pictures[i].Raw = m.Raw(r.X)
		pictures[i].Picture = pictures[i].Raw.Clipped()
		if jobs[i].Original != nil {
			if c, err := eval.PixelCorrelation(pictures[i].Picture, jobs[i].Original); err == nil {
				pictures[i].Correlation = c
			}
		}
	}
	return pictures, err
}

// Spec is the program of a request.
func (m *Model) Spec(q Request) (compute.Spec, error) { return m.spec(&q) }

// spec also completes the request's options.
func (m *Model) spec(q *Request) (compute.Spec, error) {
	q.Options.Mean = m.Mean
	batch := q.Batch
	if batch <= 0 {
		batch = Batch
	}
	s := compute.Spec{Net: m.Net, Weights: m.Weights, Batch: min(batch, max(1, len(q.Jobs))), Layers: q.Layers, Gradient: true, Loss: q.Options.Loss}
	if q.Prior == nil {
		return s, nil
	}
	net, err := nn.Join(q.Prior.Net, m.Net)
	if err != nil {
		return s, fmt.Errorf("the prior %s: %w", q.Prior.Name, err)
	}
	s.Net, s.Weights = net, nn.JoinWeights(q.Prior.Weights, m.Weights)
	if q.Options.Latent.Upper == nil {
		q.Options.Latent.Upper = q.Prior.Upper
	}
	return s, nil
}

// Raw turns a network input into the picture it stands for.
func (m *Model) Raw(x []float32) *session.Raw {
	h, w := m.Net.Input.H, m.Net.Input.W
	r := &session.Raw{W: w, H: h, RGB: make([]float32, 3*h*w)}
	for c := range 3 {
		for i, v := range x[c*h*w : (c+1)*h*w] {
			r.RGB[3*i+2-c] = float32(float64(v) + m.Mean[c])
		}
	}
	return r
}

// Input is Raw's way back; nil of nil.
func (m *Model) Input(r *session.Raw) []float32 {
	if r == nil {
		return nil
	}
	x, plane := make([]float32, len(r.RGB)), r.W*r.H
	for i := range plane {
		for c := range 3 {
			x[c*plane+i] = float32(float64(r.RGB[3*i+2-c]) - m.Mean[c])
		}
	}
	return x
}

// TrueFeatures computes the features of pictures: the targets of a
// reconstruction from the stimulus itself, the method's ceiling.
func (m *Model) TrueFeatures(ctx context.Context, be compute.Backend, paths, layers []string, step func(done, total int)) ([][][]float32, error) {
	out := make([][][]float32, len(paths))
	err := m.Stream(ctx, be, paths, layers, func(i int, f [][]float32) error {
		out[i] = make([][]float32, len(f))
		for l := range f {
			out[i][l] = append([]float32(nil), f[l]...)
		}
		return nil
	}, step)
	return out, err
}
