package recon

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/compute"
)

func TestRunRecoversImage(t *testing.T) {
	f := newFake(t, 1)
	var frames []Frame
	opt := defaults(t, Paper)
	opt.Dither = 0
	res, err := Run(t.Context(), f, []Task{task(t, f, 0)}, opt, Hooks{Observe: func(fr Frame) {
		for k, v := range fr.X {
			c := k / 16
			if v < float32(-mean[c]) || v > float32(255-mean[c]) {
				t.Fatalf("iteration %d: pixel %d is %g, out of bounds", fr.Iteration, k, v)
			}
		}
		if math.Abs(fr.Loss[0]+fr.Loss[1]-fr.Total) > 1e-12 {
			t.Errorf("iteration %d: layers %v do not add to %g", fr.Iteration, fr.Loss, fr.Total)
		}
		fr.X, fr.Loss = nil, nil
		frames = append(frames, fr)
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := res[0]
	want := picture(0)
	for k, v := range r.X {
		if math.Abs(float64(v-want[k])) > 0.05 {
			t.Fatalf("pixel %d is %g, want %g (%s)", k, v, want[k], r.Reason)
		}
	}
	// The mean-colour start gives x = 0, linear features 0 and loss ½ for each layer.
	if math.Abs(r.Trace[0]-1) > 1e-6 {
		t.Errorf("first loss %g, want ½ + ½", r.Trace[0])
	}
	if len(r.Trace) != r.Evaluations || slices.Min(r.Trace) != r.Total || r.Reason == "" || r.Err != nil {
		t.Errorf("trace %d of %d evaluations, lowest %g, total %g, reason %q, error %v",
			len(r.Trace), r.Evaluations, slices.Min(r.Trace), r.Total, r.Reason, r.Err)
	}
	for i, fr := range frames {
		if fr.Iteration != i || fr.Total != r.Trace[fr.Evaluation-1] {
			t.Fatalf("frame %d: iteration %d, total %g", i, fr.Iteration, fr.Total)
		}
	}
	if len(frames) != r.Iterations+1 {
		t.Errorf("%d frames for %d iterations", len(frames), r.Iterations)
	}
}

// Targets that no image inside the bounds reaches press pixels against them.
func TestRunKeepsBounds(t *testing.T) {
	f := newFake(t, 1)
	tk := task(t, f, 0)
	for _, l := range tk.Targets {
		for i := range l {
			l[i] *= 4
		}
	}
	res, err := Run(t.Context(), f, []Task{tk}, defaults(t, Paper), Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for k, v := range res[0].X {
		c := k / 16
		lo, hi := float32(-mean[c]), float32(255-mean[c])
		if v < lo || v > hi {
			t.Errorf("pixel %d is %g, outside %g … %g", k, v, lo, hi)
		}
		if v == lo || v == hi {
			at++
		}
	}
	if at < 10 {
		t.Errorf("%d pixels at their bounds, expected many", at)
	}
}

func TestRunBatchEqualsSingle(t *testing.T) {
	f := newFake(t, 2)
	tasks := []Task{task(t, f, 0), task(t, f, 1), task(t, f, 2)}
	opt := defaults(t, Lab)
	all, err := Run(t.Context(), f, tasks, opt, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for i, tk := range tasks {
		one, err := Run(t.Context(), newFake(t, 1), []Task{tk}, opt, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(one[0].Trace, all[i].Trace) || !slices.Equal(one[0].X, all[i].X) ||
			!slices.Equal(one[0].Loss, all[i].Loss) || one[0].Reason != all[i].Reason || all[i].Label != tk.Label {
			t.Errorf("image %d: a batch of three in two slots differs from the single run", i)
		}
	}
}

func TestRunWeights(t *testing.T) {
	f := newFake(t, 1)
	tk := task(t, f, 0)
	norm := func(v []float32) (s float64) {
		for _, x := range v {
			s += float64(x) * float64(x)
		}
		return s
	}
	w := []float64{1 / norm(tk.Targets[0]), 1 / norm(tk.Targets[1])}
	for _, c := range []struct {
		preset Preset
		want   [2]float64
	}{
		{Paper, [2]float64{w[0] / 2, w[1] / 2}},
		{Lab, [2]float64{w[0] / (w[0] + w[1]), w[1] / (w[0] + w[1])}},
	} {
		if _, err := Run(t.Context(), f, []Task{tk}, defaults(t, c.preset), Hooks{}); err != nil {
			t.Fatal(err)
		}
		for l := range c.want {
			if math.Abs(f.weights[0][l]-c.want[l]) > 1e-12*c.want[l] {
				t.Errorf("%s: weight of layer %d is %g, want %g", c.preset, l, f.weights[0][l], c.want[l])
			}
		}
	}
}

func TestRunCancel(t *testing.T) {
	f := newFake(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	waits := 0
	res, err := Run(ctx, f, []Task{task(t, f, 0), task(t, f, 1)}, defaults(t, Paper),
		Hooks{Wait: func(context.Context) error { waits++; return nil }, Observe: func(fr Frame) {
			if fr.Iteration == 5 {
				cancel()
			}
		}})
	if !errors.Is(err, context.Canceled) || len(res) != 2 {
		t.Fatalf("error %v and %d results, want cancelled and 2", err, len(res))
	}
	if res[0].Iterations != 5 || res[0].X == nil || res[0].Reason != "cancelled" || res[1].X != nil || res[1].Reason != "not started" {
		t.Errorf("iterations %d, reasons %q and %q", res[0].Iterations, res[0].Reason, res[1].Reason)
	}
	if waits != int(f.calls.Load()) {
		t.Errorf("wait called %d times for %d evaluations", waits, f.calls.Load())
	}
	stop := errors.New("closing")
	if _, err := Run(t.Context(), f, []Task{task(t, f, 0)}, defaults(t, Paper), Hooks{Wait: func(context.Context) error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("error %v, want the one of wait", err)
	}
}

// A cancel that comes during an evaluation is a cancel and no failure: that
// evaluation counts for nothing, the image of before is kept.
func TestRunCancelWhileEvaluating(t *testing.T) {
	f := newFake(t, 1)
	reason := errors.New("the window was closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	f.fail = func(call int) error {
		if call == 9 {
			cancel(reason)
		}
		return nil
	}
	var last Frame
	res, err := Run(ctx, f, []Task{task(t, f, 0), task(t, f, 1)}, defaults(t, Paper), Hooks{Observe: func(fr Frame) {
		fr.X = slices.Clone(fr.X)
		last = fr
	}})
	if err != context.Canceled || len(res) != 2 {
		t.Fatalf("error %v and %d results, want cancelled and 2", err, len(res))
	}
	r := res[0]
	if r.Reason != "cancelled" || r.Err != nil || r.Evaluations != 8 || len(r.Trace) != 8 || res[1].Reason != "not started" {
		t.Errorf("reasons %q and %q, error %v, %d evaluations, trace of %d", r.Reason, res[1].Reason, r.Err, r.Evaluations, len(r.Trace))
	}
	if r.Total != slices.Min(r.Trace) || !slices.Equal(r.X, last.X) || r.Iterations != last.Iteration {
		t.Errorf("kept the image of loss %g and iteration %d, the last accepted had %g and %d", r.Total, r.Iterations, last.Total, last.Iteration)
	}
	// What is no cancel stays a failure, also when the context has ended.
	lost := errors.New("device lost")
	ctx, cancel = context.WithCancelCause(t.Context())
	f.calls.Store(0)
	f.fail = func(call int) error {
		if call == 4 {
			cancel(reason)
			return lost
		}
		return nil
	}
	res, err = Run(ctx, f, []Task{task(t, f, 0)}, defaults(t, Paper), Hooks{})
	if !errors.Is(err, lost) || res[0].X == nil || !strings.Contains(res[0].Reason, "device lost") {
		t.Errorf("error %v, reason %q, want the device's", err, res[0].Reason)
	}
}

// The first image is an even colour but for the dither, the same for every task;
// the first step changes the pixel that it changes most by FirstStep.
func TestRunStart(t *testing.T) {
	f := newFake(t, 2)
	opt := defaults(t, Paper)
	opt.Iterations, opt.Start, opt.Dither, opt.FirstStep = 1, [3]float64{90, 120, 150}, 0.5, 2
	var starts, seconds [][]float32
	_, err := Run(t.Context(), f, []Task{task(t, f, 0), task(t, f, 1)}, opt, Hooks{Observe: func(fr Frame) {
		if fr.Iteration == 0 {
			starts = append(starts, slices.Clone(fr.X))
		} else {
			seconds = append(seconds, slices.Clone(fr.X))
		}
	}})
	if err != nil || len(starts) != 2 || !slices.Equal(starts[0], starts[1]) {
		t.Fatalf("%d first images, %v", len(starts), err)
	}
	most, sum, moved := 0.0, 0.0, 0.0
	for k, v := range starts[0] {
		e := float64(v) - (opt.Start[k/16] - opt.Mean[k/16])
		most, sum = max(most, math.Abs(e)), sum+e
		moved = max(moved, math.Abs(float64(seconds[0][k]-v)))
	}
	if !(most > 0.3 && most <= 0.5+1e-5) || math.Abs(sum/48) > 0.15 {
		t.Errorf("dither of up to %g, on average %g", most, sum/48)
	}
	if f.calls.Load() == 2 && math.Abs(moved-2) > 1e-4 { // the first trial was taken
		t.Errorf("the first step moved a pixel by %g, want 2", moved)
	}
	if f.calls.Load() != 2 {
		t.Errorf("%d evaluations for one iteration: choose targets for which the first trial is taken", f.calls.Load())
	}
}

// Another program takes the images over in the middle of their courses: the
// result is that of a run in which nothing failed.
func TestRunRecovers(t *testing.T) {
	tasks := func(f *fake) []Task { return []Task{task(t, f, 0), task(t, f, 1), task(t, f, 2)} }
	whole := newFake(t, 2)
	want, err := Run(t.Context(), whole, tasks(whole), defaults(t, Paper), Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	f, lost := newFake(t, 2), errors.New("device lost")
	f.fail = func(call int) error {
		if call == 12 {
			return lost
		}
		return nil
	}
	asked := 0
	got, err := Run(t.Context(), f, tasks(f), defaults(t, Paper), Hooks{Recover: func(err error) (compute.Program, error) {
		if asked++; !errors.Is(err, lost) {
			t.Errorf("asked for another program because of %v", err)
		}
		return newFake(t, 2), nil
	}})
	if err != nil || asked != 1 {
		t.Fatalf("asked %d times for another program, then %v", asked, err)
	}
	for i := range want {
		if !slices.Equal(got[i].X, want[i].X) || !slices.Equal(got[i].Trace, want[i].Trace) || got[i].Reason != want[i].Reason {
			t.Errorf("image %d went another way after the change: %d evaluations, %q", i, got[i].Evaluations, got[i].Reason)
		}
	}
	none := errors.New("no other device")
	f.calls.Store(0)
	got, err = Run(t.Context(), f, tasks(f), defaults(t, Paper), Hooks{Recover: func(error) (compute.Program, error) { return nil, none }})
	if !errors.Is(err, none) || got[0].X == nil {
		t.Errorf("without another program: %v", err)
	}
}

// One image of two turns bad: it stops with its best, the other goes on untouched.
func TestRunNotFinite(t *testing.T) {
	for name, spoil := range map[string]func([]float64, []float32){
		"loss":     func(l []float64, _ []float32) { l[1] = math.Inf(1) },
		"gradient": func(_ []float64, g []float32) { g[7] = float32(math.NaN()) },
	} {
		f := newFake(t, 2)
		f.spoil = func(call, slot int, l []float64, g []float32) {
			if call == 9 && slot == 0 {
				spoil(l, g)
			}
		}
		res, err := Run(t.Context(), f, []Task{task(t, f, 0), task(t, f, 1)}, defaults(t, Paper), Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		r := res[0]
		if !errors.Is(r.Err, ErrNotFinite) || !strings.Contains(r.Reason, name) || !strings.Contains(r.Reason, "evaluation 9") || r.Evaluations != 9 {
			t.Errorf("%s: error %v, reason %q after %d evaluations", name, r.Err, r.Reason, r.Evaluations)
		}
		if r.Total != slices.Min(r.Trace[:8]) || len(r.X) != 48 {
			t.Errorf("%s: kept %g, lowest was %g", name, r.Total, slices.Min(r.Trace[:8]))
		}
		if res[1].Err != nil || res[1].Evaluations < 50 {
			t.Errorf("%s: the other image ended after %d evaluations: %v", name, res[1].Evaluations, res[1].Err)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	f := newFake(t, 1)
	change := func(do func(*Task)) []Task {
		tk := task(t, f, 0)
		do(&tk)
		return []Task{tk}
	}
	opt := defaults(t, Paper)
	for want, tasks := range map[string][]Task{
		`"a": layer fc6: the target is zero`:   change(func(tk *Task) { clear(tk.Targets[1]) }),
		`"a": layer conv1_1: target holds NaN`: change(func(tk *Task) { tk.Targets[0][3] = float32(math.NaN()) }),
		`"a": layer fc6: target has 19 values`: change(func(tk *Task) { tk.Targets[1] = tk.Targets[1][1:] }),
		`"a": targets for 1 layers`:            change(func(tk *Task) { tk.Targets = tk.Targets[:1] }),
		`"a": 1 weights for 2 layers`:          change(func(tk *Task) { tk.Weights = []float64{1} }),
		`"a": layer conv1_1: weight -1`:        change(func(tk *Task) { tk.Weights = []float64{-1, 1} }),
		`"a": start image has 3 values`:        change(func(tk *Task) { tk.Start = make([]float32, 3) }),
		`start value 0 is NaN`:                 change(func(tk *Task) { tk.Start = slices.Repeat([]float32{float32(math.NaN())}, 48) }),
		`"a": all layer weights are zero`:      change(func(tk *Task) { tk.Weights = []float64{0, 0} }),
	} {
		if _, err := Run(t.Context(), f, tasks, opt, Hooks{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	opt.Iterations = 0
	if _, err := Run(t.Context(), f, []Task{task(t, f, 0)}, opt, Hooks{}); err == nil {
		t.Error("0 iterations accepted")
	}
	if _, err := Defaults("other"); err == nil {
		t.Error("unknown preset accepted")
	}
	if res, err := Run(t.Context(), f, nil, defaults(t, Paper), Hooks{}); err != nil || len(res) != 0 {
		t.Errorf("no tasks: %v, %v", res, err)
	}
}
