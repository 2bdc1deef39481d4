package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/app/device"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/recon"
)

// gpu computes on the processor under another name, and fails when told to.
type gpu struct {
	compute.Backend
	lostAt int // evaluation that loses the device; 0 never
	room   int // most images of a program; 0 is any number
	calls  int
}

func (g *gpu) Name() string   { return device.GL }
func (g *gpu) Device() string { return "A Card, OpenGL 4.6" }
func (g *gpu) Compile(s compute.Spec) (compute.Program, error) {
	if g.room > 0 && s.Batch > g.room {
		return nil, fmt.Errorf("compile: %w", compute.ErrDeviceMemory)
	}
	p, err := g.Backend.Compile(s)
	return &gpuProgram{p, g}, err
}

type gpuProgram struct {
	compute.Program
	g *gpu
}

func (p *gpuProgram) Plan() compute.Plan { return compute.Plan{Hash: "abc123", Summary: "a test's"} }

func (p *gpuProgram) Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	if p.g.calls++; p.g.lostAt > 0 && p.g.calls >= p.g.lostAt {
		return fmt.Errorf("gl: %w: the driver was reset", compute.ErrDeviceLost)
	}
	return p.Program.Evaluate(ctx, x, slots, loss, grad)
}

func processor() (compute.Backend, error) { return cpu.Open(cpu.Options{Threads: 1}) }

// engineOn is an engine on such a GPU, with the processor to fall back on.
func engineOn(t *testing.T, g *gpu) *Engine {
	t.Helper()
	m, err := pipeline.OpenModel(t.Context(), "demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	if g.Backend, err = processor(); err != nil {
		t.Fatal(err)
	}
	e := newEngine(t.Context(), m, t.TempDir())
	e.use(device.With(g, processor))
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// pictures are three to reconstruct, as a subject of their own.
func pictures(t *testing.T, e *Engine) (*session.Subject, session.Plan) {
	t.Helper()
	var paths []string
	for i := range 3 {
		m := image.NewNRGBA(image.Rect(0, 0, 128, 128))
		for k := range m.Pix {
			m.Pix[k] = uint8(k/512*(i+1) + 50*i)
			if k%4 == 3 {
				m.Pix[k] = 255
			}
		}
		m.Set(64, 64, color.White)
		paths = append(paths, filepath.Join(t.TempDir(), fmt.Sprintf("picture%d.png", i)))
		f, err := os.Create(paths[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	s, err := e.OpenSubject(t.Context(), paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	opt, err := recon.Defaults(recon.Paper)
	if err != nil {
		t.Fatal(err)
	}
	opt.Iterations = 10
	return s, session.Plan{Stimuli: s.Datasets[0].Stimuli, Layers: []string{"conv1_1", "conv2_1"}, Source: session.True, Options: opt}
}

func reconstruct(t *testing.T, e *Engine) ([]pipeline.Picture, pipeline.Record) {
	t.Helper()
	s, plan := pictures(t, e)
	done, rec, err := e.Run(t.Context(), s, plan, new(job.Gate), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return done, rec
}

// A GPU that is lost in the middle: the images, their courses and curves are
// those of a run in which nothing failed; the record tells; the next run is an
// ordinary one on the processor.
func TestLostGPU(t *testing.T) {
	want, whole := reconstruct(t, engineOn(t, new(gpu)))
	if whole.Backend != device.GL || whole.Plan == nil || whole.Plan.Hash != "abc123" {
		t.Fatalf("the undisturbed run: %+v", whole.Computed)
	}
	for _, at := range []int{1, 2, 6} {
		e := engineOn(t, &gpu{lostAt: at})
		got, rec := reconstruct(t, e)
		for i := range want {
			if !slices.Equal(got[i].X, want[i].X) || !slices.Equal(got[i].Trace, want[i].Trace) || !slices.Equal(got[i].Curve, want[i].Curve) || got[i].Reason != want[i].Reason {
				t.Errorf("lost at evaluation %d: image %d went another way: %d evaluations, %q", at, i, got[i].Evaluations, got[i].Reason)
			}
		}
		if rec.Backend != device.CPU || rec.Plan != nil || !strings.HasPrefix(rec.Device, "CPU: ") {
			t.Errorf("computed last by %+v", rec.Computed)
		}
		note := rec.Notes[len(rec.Notes)-1]
		for _, part := range []string{"continued on the CPU", "A Card, OpenGL 4.6", "abc123", "the driver was reset"} {
			if !strings.Contains(note, part) {
				t.Errorf("the record's note %q says nothing of %q", note, part)
			}
		}
		if c := e.Computing(); !c.Failed || !strings.HasPrefix(c.Device, "CPU: ") || len(c.Notes) != 1 {
			t.Errorf("the window hears %+v", c)
		}
		again, next := reconstruct(t, e)
		if !slices.Equal(again[0].X, want[0].X) || next.Backend != device.CPU || slices.Contains(next.Notes, note) {
			t.Errorf("the next run, on %s, has notes %q", next.Backend, next.Notes)
		}
	}
}

// A GPU with room for fewer images gives the same result and tells once; one
// without any room leaves it all to the processor.
func TestFullGPU(t *testing.T) {
	want, _ := reconstruct(t, engineOn(t, new(gpu)))
	e := engineOn(t, &gpu{room: 1})
	for range 2 {
		got, rec := reconstruct(t, e)
		for i := range want {
			if got[i].Evaluations != want[i].Evaluations || got[i].Reason != want[i].Reason {
				t.Errorf("image %d: %d evaluations, %q; want %d", i, got[i].Evaluations, got[i].Reason, want[i].Evaluations)
			}
		}
		told := 0
		for _, n := range rec.Notes {
			if strings.Contains(n, "1 image at a time") {
				told++
			}
		}
		if rec.Backend != device.GL || told == 0 || len(slices.Compact(slices.Sorted(slices.Values(rec.Notes)))) != len(rec.Notes) {
			t.Errorf("on %s, notes %q", rec.Backend, rec.Notes)
		}
	}
}

// An engine that is to get its device later makes work wait for it, and the wait can be cancelled.
func TestLater(t *testing.T) {
	t.Setenv("REVERIE_CACHE", t.TempDir())
	e, err := New(t.Context(), Options{Later: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if c := e.Computing(); !strings.HasPrefix(c.Device, "Looking for") || e.Device() != c.Device {
		t.Errorf("before there is a device: %+v", c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	s, plan := pictures(t, e)
	if _, _, err := e.Run(ctx, s, plan, new(job.Gate), nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled as it waited: %v", err)
	}
	ended := make(chan error)
	go func() {
		_, _, err := e.Run(t.Context(), s, plan, new(job.Gate), nil, nil)
		ended <- err
	}()
	if err := e.UseDevice("cpu", ""); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil || e.Backend().Name() != device.CPU {
		t.Errorf("the run that waited: %v", err)
	}
}

// A device that does not open leaves an engine without one with what auto takes;
// later it changes nothing.
func TestWrongDevice(t *testing.T) {
	t.Setenv("REVERIE_CACHE", t.TempDir())
	e, err := New(t.Context(), Options{Later: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.UseDevice("gl", "no such card"); err == nil {
		t.Error("a card that is not there was opened")
	}
	first := e.Backend()
	if first == nil || first.Choice().Backend != device.Auto {
		t.Fatalf("%v", first)
	}
	if err := e.UseDevice("gl", "no such card"); err == nil || e.Backend() != first {
		t.Errorf("%v, and the device changed: %v", err, e.Backend() != first)
	}
	e.run.RLock()
	if err := e.UseDevice("cpu", ""); !errors.Is(err, errBusy) {
		t.Errorf("while something is computed: %v", err)
	}
	e.run.RUnlock()
	if err := e.UseDevice("cpu", ""); err != nil || e.Computed().Backend != device.CPU {
		t.Errorf("%v", err)
	}
}
