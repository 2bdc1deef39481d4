package recon

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
)

// descentOptions follow the fake's images within some iterations.
func descentOptions(t testing.TB) Options {
	o := defaults(t, Paper)
	o.Optimizer, o.Iterations = Descent, 40
	return o
}

func TestDescentFrames(t *testing.T) {
	f := newFake(t, 1)
	opt := descentOptions(t)
	var at []int
	var last []float32
	res, err := Run(t.Context(), f, []Task{task(t, f, 0)}, opt, Hooks{
		Want: func(task, iteration int) bool { return iteration%5 == 0 || iteration == 39 },
		Observe: func(fr Frame) {
			at = append(at, fr.Iteration)
			if fr.Evaluation != fr.Iteration+1 || fr.Z != nil {
				t.Errorf("iteration %d at evaluation %d, Z %v", fr.Iteration, fr.Evaluation, fr.Z)
			}
			last = slices.Clone(fr.X)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 5, 10, 15, 20, 25, 30, 35, 39}; !slices.Equal(at, want) {
		t.Errorf("frames of %v, want %v", at, want)
	}
	r := res[0]
	if r.Iterations != 40 || r.Evaluations != 40 || len(r.Trace) != 40 || r.Total != r.Trace[39] || slices.Equal(r.X, last) {
		t.Errorf("%d iterations, %d evaluations; the result is the image before the last update: %t", r.Iterations, r.Evaluations, slices.Equal(r.X, last))
	}
	if !(r.Total < r.Trace[0]/2) {
		t.Errorf("loss %g after %g", r.Total, r.Trace[0])
	}
}

// With jitter frames and results stand where the image stands, not where it was shifted to.
func TestDescentJitterIsNotShown(t *testing.T) {
	f := newFake(t, 1)
	opt := descentOptions(t)
	opt.GD.Jitter, opt.GD.Rate, opt.Noise = 2, Schedule{1e-9, 1e-9}, true
	var first []float32
	res, err := Run(t.Context(), f, []Task{task(t, f, 0)}, opt, Hooks{Observe: func(fr Frame) {
		if first == nil {
			first = slices.Clone(fr.X)
		}
		for i, v := range fr.X {
			if math.Abs(float64(v-first[i])) > 1e-3 {
				t.Fatalf("iteration %d: pixel %d is %g, was %g", fr.Iteration, i, v, first[i])
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(float64(res[0].X[5]-first[5])) > 1e-3 {
		t.Errorf("the result is shifted")
	}
	if slices.Max(res[0].Trace)-slices.Min(res[0].Trace) < 1e-3*res[0].Trace[0] {
		t.Errorf("the losses do not change, so nothing was shifted: %v", res[0].Trace[:5])
	}
}

// A run may start where another one stood: iterations and schedules go on.
func TestStartIteration(t *testing.T) {
	f := newFake(t, 1)
	for _, optimizer := range []Optimizer{LBFGS, Descent} {
		opt := descentOptions(t)
		opt.Optimizer, opt.GD.Momentum = optimizer, Schedule{} // the momentum is the one thing that does not go on
		var from Frame
		whole, err := Run(t.Context(), f, []Task{task(t, f, 0)}, opt, Hooks{Observe: func(fr Frame) {
			if fr.Iteration == 15 {
				from = fr
				from.X = slices.Clone(fr.X)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		tk := task(t, f, 0)
		tk.Start, tk.StartIteration = from.X, 15
		var at []int
		rest, err := Run(t.Context(), f, []Task{tk}, opt, Hooks{Observe: func(fr Frame) { at = append(at, fr.Iteration) }})
		if err != nil {
			t.Fatal(err)
		}
		if at[0] != 15 || rest[0].Iterations != whole[0].Iterations {
			t.Errorf("%s: first frame %d, %d iterations", optimizer, at[0], rest[0].Iterations)
		}
		if optimizer == Descent && agree(rest[0].Trace, whole[0].Trace[15:], 1e-4) < 25 {
			t.Errorf("went another way: %v, %v", rest[0].Trace[:4], whole[0].Trace[15:19])
		}
	}
}

func TestDescentNotFinite(t *testing.T) {
	f := newFake(t, 1)
	f.spoil = func(call, slot int, l []float64, g []float32) {
		if call == 9 {
			g[3] = float32(math.NaN())
		}
	}
	var last []float32
	res, err := Run(t.Context(), f, []Task{task(t, f, 0)}, descentOptions(t), Hooks{Observe: func(fr Frame) { last = slices.Clone(fr.X) }})
	if err != nil {
		t.Fatal(err)
	}
	if r := res[0]; !errors.Is(r.Err, ErrNotFinite) || !slices.Equal(r.X, last) || r.Total != r.Trace[7] || !strings.Contains(r.Reason, "iteration 8") {
		t.Errorf("%v, reason %q, total %g", r.Err, r.Reason, r.Total)
	}
}

// flaky is a program that loses its device when it is asked for a picture, after some, or whose loss is none at one call.
type flaky struct {
	compute.Program
	left, bad int
}

func (f *flaky) Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	err := f.Program.Evaluate(ctx, x, slots, loss, grad)
	if f.bad--; f.bad == 0 {
		loss[0] = math.NaN()
	}
	return err
}

func (f *flaky) Picture(i int, dst []float32) error {
	if f.left--; f.left < 0 {
		return compute.ErrDeviceLost
	}
	return f.Program.Picture(i, dst)
}

// Latent vectors: the picture goes with the vector, also when a run is cut off or the device is lost between the two.
func TestLatent(t *testing.T) {
	b, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	file, targets := readModes(t), modeTargets(t, b)
	for _, name := range []string{"latent gd", "latent lbfgs"} {
		m := file.run(t, name)
		p, tasks, opt := stateRun(t, b, m, targets)
		tasks = tasks[:2]
		pictureOf := func(z []float32) []float32 {
			loss, grad := make([]float64, len(m.Layers)), make([]float32, len(z))
			if err := p.Evaluate(context.Background(), z, []int{0}, loss, grad); err != nil {
				t.Fatal(err)
			}
			x := make([]float32, p.Spec().Net.Picture().Len())
			if err := p.Picture(0, x); err != nil {
				t.Fatal(err)
			}
			return x
		}
		check := func(what string, r Result) {
			t.Helper()
			if r.Z == nil || r.X == nil {
				t.Fatalf("%s, %s: no result", name, what)
			}
			for i, v := range r.Z {
				if v < 0 || v > float32(2+i%5) {
					t.Errorf("%s, %s: unit %d is %g, out of bounds", name, what, i, v)
				}
			}
			apart := 0.0
			for i, v := range pictureOf(r.Z) {
				apart = max(apart, math.Abs(float64(v-r.X[i])))
			}
			if apart > 1e-4 { // grey levels
				t.Errorf("%s, %s: the picture is not of the vector: %g apart", name, what, apart)
			}
		}
		whole, err := Run(t.Context(), p, tasks, opt, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		check("whole", whole[0])
		ctx, cancel := context.WithCancel(t.Context())
		cut, err := Run(ctx, p, tasks, opt, Hooks{Observe: func(f Frame) {
			if f.Iteration == 3 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		check("cut off", cut[1])
		for left := range 8 {
			again, err := Run(t.Context(), &flaky{p, left, 0}, tasks, opt, Hooks{
				Observe: func(Frame) {}, Want: func(task, iteration int) bool { return iteration%2 == 0 },
				Recover: func(error) (compute.Program, error) { return p, nil }})
			if err != nil {
				t.Fatal(err)
			}
			for i := range whole {
				sameResult(t, name+", device lost", again[i], whole[i])
			}
		}
		if _, err := Run(t.Context(), &flaky{p, 0, 0}, tasks, opt, Hooks{}); !errors.Is(err, compute.ErrDeviceLost) {
			t.Errorf("%s: %v without Recover", name, err)
		}
		failed, err := Run(t.Context(), &flaky{p, 99, 5}, tasks, opt, Hooks{})
		if err != nil || !errors.Is(failed[0].Err, ErrNotFinite) {
			t.Errorf("%s: %v, %v", name, err, failed[0].Err)
		}
		check("not finite", failed[0])
		tasks[0].Start = make([]float32, 3)
		if _, err := Run(t.Context(), p, tasks, opt, Hooks{}); err == nil || !strings.Contains(err.Error(), "has 3 values, want 24") {
			t.Errorf("%s: %v for a short start", name, err)
		}
	}
}
