package pipeline

import (
	"context"
	"errors"
	"image"
	"math"

	"reverie/app/dataset/stimuli"
	"reverie/compute"
	"reverie/compute/eval"
	"reverie/compute/recon"
)

// Batch is how many images a reconstruction evaluates together. More images
// wait their turn; a slot that becomes free takes the next.
const Batch = 10

// Job is one image to reconstruct.
type Job struct {
	Label    string
	Features [][]float32  // per layer of the run
	Original *image.NRGBA // at network size; nil where there is none
}

// Picture is one reconstructed image.
type Picture struct {
	Label       string
	Picture     *image.NRGBA // clipped to 0–255, RGB
	Original    *image.NRGBA
	Correlation float64 // over pixels and channels with the original; NaN without one
	Curve       []CurvePoint
	recon.Result
}

// Reconstruct runs jobs together. observe is called with each accepted
// iteration of each image; wait is where the run can pause. A cancelled run
// returns the best of each image so far and the context's error. When the
// device fails, be is asked for another program, which goes on where the images
// are: app/device then compiles for the processor.
func (m *Model) Reconstruct(ctx context.Context, be compute.Backend, layers []string, jobs []Job, opt recon.Options, wait func(context.Context) error, observe func(recon.Frame)) ([]Picture, error) {
	p, err := be.Compile(compute.Spec{Net: m.Net, Weights: m.Weights, Batch: min(Batch, max(1, len(jobs))), Layers: layers, Gradient: true})
	if err != nil {
		return nil, err
	}
	defer func() { p.Close() }()
	opt.Mean = m.Mean
	tasks := make([]recon.Task, len(jobs))
	for i, j := range jobs {
		tasks[i] = recon.Task{Label: j.Label, Targets: j.Features}
	}
	curves := make([][]CurvePoint, len(jobs))
	results, err := recon.Run(ctx, p, tasks, opt, recon.Hooks{
		Wait: wait,
		Observe: func(f recon.Frame) {
			curves[f.Task] = append(curves[f.Task], CurvePoint{f.Iteration, f.Evaluation, f.Total})
			if observe != nil {
				observe(f)
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
		pictures[i].Picture = m.Show(r.X)
		if jobs[i].Original != nil {
			if c, err := eval.PixelCorrelation(pictures[i].Picture, jobs[i].Original); err == nil {
				pictures[i].Correlation = c
			}
		}
	}
	return pictures, err
}

// Show turns a network input into the picture it stands for.
func (m *Model) Show(x []float32) *image.NRGBA {
	return stimuli.FromInput(x, m.Net.Input.H, m.Net.Input.W, m.Mean)
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
