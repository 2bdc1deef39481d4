// Package uitest has an engine that computes nothing: pictures drawn by code
// that come out of noise. The window's tests run against it.
package uitest

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"reverie/app/job"
	"reverie/app/models"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/weights"
)

// Engine is a session.Engine for tests. The zero value is quick and never fails.
type Engine struct {
	Delay     time.Duration   // of an iteration
	Opening   time.Duration   // of each of the twelve steps of Demo and Open
	Step      chan struct{}   // where not nil, an iteration waits to receive from it
	OpenErr   error           // what Open and Demo fail with
	FailAt    int             // Reconstruct fails at this iteration; 0 never
	Side      int             // of pictures; 0 is 128
	DeviceErr error           // what UseDevice fails with
	Warning   string          // of the device
	Store     *models.Store   // of models
	Found     *session.Opened // what Open gives; nil is the subject of Demo
	Training  Training
	Batching  Batching

	mu        sync.Mutex
	estimates int
	opened    []string
	used      string
	network   string
	notes     []string
	failed    bool
	gpu       bool
}

var _ session.Engine = (*Engine)(nil)

// Device implements session.Engine.
func (e *Engine) Device() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.device()
}

func (e *Engine) device() string {
	if e.gpu {
		return "GPU: A drawn GPU, OpenGL 4.6"
	}
	return "CPU: drawn by code, no network"
}

// Computing implements session.Engine.
func (e *Engine) Computing() session.Computing {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := session.Computing{Device: e.device(), Why: "a test", Warning: e.Warning, Failed: e.failed, Notes: e.notes}
	if e.gpu {
		c.Memory, c.Used, c.Plan = 8<<30, 1<<30, "9 of 16 convolutions by Winograd, tuned"
	}
	return c
}

// Note has Computing tell something more of the device; failed where it is that the GPU failed.
func (e *Engine) Note(note string, failed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.notes = append(e.notes, note)
	if failed {
		e.failed, e.gpu = true, false
	}
}

// Devices implements session.Engine.
func (e *Engine) Devices() []session.Device {
	return []session.Device{
		{Backend: "auto", Name: "Automatic", Chosen: true}, {Backend: "gl", Device: "0", Name: "A drawn GPU, 8 GB"},
		{Backend: "gl", Device: "1", Name: "An old GPU", Problem: "the driver has no OpenGL 4.3"}, {Backend: "cpu", Name: "CPU"},
	}
}

// UseDevice implements session.Engine.
func (e *Engine) UseDevice(backend, device string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.DeviceErr != nil {
		return e.DeviceErr
	}
	e.used = backend + device
	e.notes, e.failed, e.gpu = nil, false, backend == "gl"
	return nil
}

// Used is what UseDevice was asked for last.
func (e *Engine) Used() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.used
}

// Network implements session.Engine.
func (e *Engine) Network() (string, []string) {
	var layers []string
	for g, n := range []int{2, 2, 4, 4, 4} {
		for i := range n {
			layers = append(layers, fmt.Sprintf("conv%d_%d", g+1, i+1))
		}
	}
	return "VGG19 of the tests", append(layers, "fc6", "fc7", "fc8")
}

// Networks implements session.Engine.
func (e *Engine) Networks() []session.Network {
	e.mu.Lock()
	defer e.mu.Unlock()
	return []session.Network{{ID: "demo", Name: "Demo network", Note: "not trained", InUse: e.network != "other"}, {ID: "other", Name: "Another network", Note: "not trained either", InUse: e.network == "other"}}
}

// UseNetwork implements session.Engine.
func (e *Engine) UseNetwork(_ context.Context, id string, _ job.Reporter) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if id != "demo" && id != "other" {
		return fmt.Errorf("no network %q", id)
	}
	e.network = id
	return nil
}

// Fits implements session.Engine.
func (e *Engine) Fits(*session.Subject) []session.Finding {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.network == "other" {
		return []session.Finding{{Level: session.Warning, About: "features", Text: "They are of another network."}}
	}
	return nil
}

// CheckNetwork implements session.Engine.
func (e *Engine) CheckNetwork(_ context.Context, pictures []string, _ string, _ job.Reporter) (weights.StdReport, error) {
	if len(pictures) == 0 {
		return weights.StdReport{}, fmt.Errorf("no natural pictures are at hand")
	}
	return weights.CompareStd(map[string][]float64{"conv1_1": {50}, "conv1_2": {1}}, map[string][]float64{"conv1_1": {54}, "conv1_2": {161}}), nil
}

// Models implements session.Engine.
func (e *Engine) Models() *models.Store {
	if e.Store != nil {
		return e.Store
	}
	s, _ := models.Open(filepath.Join(os.TempDir(), "reverie-no-such-folder", "models.json")) // an empty list
	return s
}

// Opened is what Open was asked for last.
func (e *Engine) Opened() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opened
}

// Open implements session.Engine.
func (e *Engine) Open(ctx context.Context, _ *session.Subject, paths []string, report job.Reporter) (*session.Opened, error) {
	e.mu.Lock()
	e.opened = paths
	e.mu.Unlock()
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			return nil, fmt.Errorf("open subject: %w", err)
		}
	}
	if e.Found != nil {
		return e.Found, nil
	}
	s, err := e.Demo(ctx, report)
	return &session.Opened{Subject: s}, err
}

// Demo implements session.Engine.
func (e *Engine) Demo(ctx context.Context, report job.Reporter) (*session.Subject, error) {
	m := job.NewMeter(report)
	for i := range 12 {
		m.Step("make the simulated subject", i, 12)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(e.Opening):
		}
	}
	if e.OpenErr != nil {
		return nil, e.OpenErr
	}
	rois := []session.ROI{{Name: "V1", Voxels: 300}, {Name: "V2", Voxels: 260}, {Name: "V3", Voxels: 240}, {Name: "V4", Voxels: 200}, {Name: "LOC", Voxels: 160}, {Name: "FFA", Voxels: 80}, {Name: "PPA", Voxels: 80}, {Name: "HVC", Voxels: 600}, {Name: "VC", Voxels: 1400}}
	s := &session.Subject{
		Name: "sub-demo", Dir: "reverie/demo/sub-demo", Simulated: true,
		Notes: []string{"No head motion regressors in the files: none are removed.", "Imagery has no pictures for 3 of 25 stimuli."},
	}
	add := func(sess brain.Session, file string, samples, runs, n int, label func(int) string) {
		d := session.Dataset{Session: sess, File: file, Samples: samples, Runs: runs, ROIs: rois}
		for i := range n {
			st := session.Stimulus{Label: label(i), Session: sess, Image: fmt.Sprintf("%d", i)}
			if sess == brain.Imagery && i%9 == 8 {
				st.Image = ""
			}
			d.Stimuli = append(d.Stimuli, st)
		}
		s.Datasets = append(s.Datasets, d)
	}
	scene := func(i int) string { return fmt.Sprintf("scene %03d", i+1) }
	shape := func(i int) string { return shapeNames[i/8] + " " + colourNames[i%8] }
	add(brain.NaturalTraining, "sub-demo_task-imagenettraining.h5", 1200, 24, 600, scene)
	add(brain.NaturalTest, "sub-demo_task-imagenettest.h5", 1200, 24, 50, scene)
	add(brain.Shapes, "sub-demo_task-artificialshapes.h5", 800, 20, 40, shape)
	add(brain.Letters, "sub-demo_task-letters.h5", 120, 12, 10, func(i int) string { return "ACEINORSTU"[i : i+1] })
	add(brain.Imagery, "sub-demo_task-imagery.h5", 500, 20, 25, shape)
	return s, nil
}

// Thumbnail implements session.Engine.
func (e *Engine) Thumbnail(s session.Stimulus, size int) (*image.NRGBA, error) {
	if s.Image == "" {
		return nil, nil
	}
	return Draw(s, size), nil
}

// Reconstruct implements session.Engine.
func (e *Engine) Reconstruct(ctx context.Context, _ *session.Subject, plan session.Plan, gate *job.Gate, update func(session.Update), report job.Reporter) ([]session.Outcome, error) {
	side, n := e.Side, plan.Options.Iterations
	if side == 0 {
		side = 128
	}
	if n == 0 {
		n = 200
	}
	m := job.NewMeter(report)
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]session.Outcome, len(plan.Stimuli))
	targets := make([]*image.NRGBA, len(plan.Stimuli))
	for i, s := range plan.Stimuli {
		targets[i] = Draw(s, side)
		out[i] = session.Outcome{Index: i, Correlation: math.NaN()}
	}
	for it := 1; it <= n; it++ {
		if err := e.wait(ctx, gate); err != nil {
			return out, err
		}
		if it == e.FailAt {
			return out, fmt.Errorf("reconstruct: loss of image 1 is not a number at iteration %d", it)
		}
		for i := range plan.Stimuli {
			loss, total := losses(len(plan.Layers), it, i, rng)
			p := fade(targets[i], 1-math.Exp(-float64(it)/30), rng)
			update(session.Update{Index: i, Iteration: it, Evaluation: it, Loss: loss, Total: total, Picture: session.RawOf(p)})
			out[i] = session.Outcome{Index: i, Picture: session.RawOf(p), Correlation: 0.95 - 0.7*math.Exp(-float64(it)/40) - 0.02*float64(i), Loss: total, Evaluations: it, Reason: "iterations"}
			if plan.Stimuli[i].Image == "" {
				out[i].Correlation = math.NaN()
			} else {
				out[i].Original = targets[i]
			}
		}
		m.Step("reconstruct", it, n)
	}
	return out, nil
}

// Priors implements session.Engine.
func (e *Engine) Priors() []session.Network {
	return []session.Network{{ID: "demo", Name: "Demo generator", Note: "of a test"}}
}

func (e *Engine) wait(ctx context.Context, gate *job.Gate) error {
	if e.Step != nil {
		select {
		case <-e.Step:
		case <-ctx.Done():
			return ctx.Err()
		}
	} else if e.Delay > 0 {
		time.Sleep(e.Delay)
	}
	return gate.Wait(ctx)
}

func losses(n, it, image int, rng *rand.Rand) (loss []float64, total float64) {
	loss = make([]float64, n)
	for l := range loss {
		f := float64(l)
		floor := 0.004 * math.Pow(1.2, f)
		loss[l] = (0.5*math.Exp(-float64(it)/(6+f)) + floor*(1+8/float64(it))) * (1 + 0.05*rng.Float64()) * (1 + 0.1*float64(image))
		total += loss[l]
	}
	return loss, total
}
