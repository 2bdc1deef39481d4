package recon

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// Features are loaded when a slot is free and again for another program; one that cannot be had ends alone.
func TestLoad(t *testing.T) {
	f := newFake(t, 2)
	opt := descentOptions(t)
	want, err := Run(t.Context(), f, []Task{task(t, f, 0), task(t, f, 1), task(t, f, 2)}, opt, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	var loads, held []int
	evaluations := 0
	var tasks []Task
	for i := range 4 {
		tk := task(t, f, min(i, 2))
		values := tk.Targets
		tk.Targets, tk.Load = nil, func(context.Context) ([][]float32, error) {
			loads, held = append(loads, i), append(held, evaluations)
			if i == 3 {
				return nil, errors.New("no such file")
			}
			return values, nil
		}
		tasks = append(tasks, tk)
	}
	got, err := Run(t.Context(), f, tasks, opt, Hooks{Wait: func(context.Context) error { evaluations++; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(loads, []int{0, 1, 2, 3}) || !slices.Equal(held, []int{0, 0, 40, 40}) {
		t.Errorf("loaded %v after %v evaluations", loads, held)
	}
	for i := range want {
		if !slices.Equal(want[i].X, got[i].X) {
			t.Errorf("image %d differs", i)
		}
	}
	if got[3].Err == nil || !strings.Contains(got[3].Err.Error(), "no such file") || got[3].X != nil {
		t.Errorf("%v", got[3].Err)
	}
	f.calls.Store(0)
	f.fail = func(call int) error {
		if call == 5 {
			return compute.ErrDeviceLost
		}
		return nil
	}
	loads = nil
	got, err = Run(t.Context(), f, tasks, opt, Hooks{Recover: func(error) (compute.Program, error) { return newFake(t, 2), nil }})
	if err != nil || !slices.Equal(loads, []int{0, 1, 0, 1, 2, 3}) || !slices.Equal(got[1].X, want[1].X) {
		t.Errorf("%v; loaded %v", err, loads)
	}
}

func TestDefaultsFor(t *testing.T) {
	for _, p := range []Preset{Paper, Lab} {
		o, err := DefaultsFor(p, true)
		if err != nil || o.check() != nil {
			t.Fatal(err, o.check())
		}
		if o.Optimizer != Descent || o.Iterations != 200 || !o.GD.Normalize || o.Latent.Random || !slices.Equal(o.Latent.Lower, []float64{0}) || o.Latent.Upper != nil {
			t.Errorf("%s: %+v", p, o)
		}
		if o.GD.Momentum != (Schedule{0.9, 0.9}) || o.GD.Rate.From != 2 || (o.GD.Decay != Schedule{}) != (p == Lab) || (o.Factor == 0.5) != (p == Paper) {
			t.Errorf("%s: %+v", p, o.GD)
		}
	}
}

func TestOptionsRefused(t *testing.T) {
	f := newFake(t, 1)
	for want, change := range map[string]func(*Options){
		`optimizer "adam"`:     func(o *Options) { o.Optimizer = "adam" },
		"learning rate of -1":  func(o *Options) { o.GD.Rate.To = -1 },
		"momentum of 2":        func(o *Options) { o.GD.Momentum.From = 2 },
		"decay of NaN":         func(o *Options) { o.GD.Decay.From = math.NaN() },
		"blur of -1":           func(o *Options) { o.GD.Blur.From = -1 },
		"penalty of order 0":   func(o *Options) { o.GD.TV.Weight.From = 1 },
		"jitter and":           func(o *Options) { o.GD.Jitter = -1 },
		"percentage of small":  func(o *Options) { o.GD.ClipSmallGain.Percent.From = 101 },
		"compiled for the los": func(o *Options) { o.Loss = compute.Gram },
	} {
		opt := descentOptions(t)
		change(&opt)
		if _, err := Run(t.Context(), f, []Task{task(t, f, 0)}, opt, Hooks{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	tk := task(t, f, 0)
	tk.Masks = [][]float32{nil, make([]float32, 3)}
	if _, err := Run(t.Context(), f, []Task{tk}, descentOptions(t), Hooks{}); err == nil || !strings.Contains(err.Error(), "mask of 3 values") {
		t.Errorf("%v", err)
	}
	tk = task(t, f, 0)
	tk.StartIteration = 40
	if _, err := Run(t.Context(), f, []Task{tk}, descentOptions(t), Hooks{}); err == nil || !strings.Contains(err.Error(), "iteration 40 of 40") {
		t.Errorf("%v", err)
	}
}

func TestMasks(t *testing.T) {
	s := nn.Shape{C: 2, H: 2, W: 3}
	if m, err := ChannelMask(s, []int{1}); err != nil || !slices.Equal(m, []float32{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}) {
		t.Error(m, err)
	}
	if _, err := ChannelMask(s, []int{2}); err == nil {
		t.Error("a channel too many")
	}
	larger := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16} // 4×4: its middle 2×3 begins at row 1, column 0
	if m, err := PlaneMask(s, larger, 4, 4); err != nil || !slices.Equal(m, []float32{5, 6, 7, 9, 10, 11, 5, 6, 7, 9, 10, 11}) {
		t.Error(m, err)
	}
	if m, err := PlaneMask(s, []float32{0, 5}, 2, 1); err != nil || !slices.Equal(m, []float32{1, 0, 1, 1, 5, 1, 1, 0, 1, 1, 5, 1}) {
		t.Error(m, err)
	}
	for _, bad := range [][2]int{{3, 5}, {0, 0}, {-4, -4}} {
		if _, err := PlaneMask(s, larger, bad[0], bad[1]); err == nil {
			t.Errorf("a plane of %v", bad)
		}
	}
}

// TestPercentile holds quickselect against sorting.
func TestPercentile(t *testing.T) {
	s := nn.NewStream(1, 2)
	for _, n := range []int{1, 2, 17, 1000} {
		for _, distinct := range []float64{1, 3, 1e9} {
			v := make([]float64, n)
			for i := range v {
				v[i] = math.Floor(distinct * s.Uniform(uint64(i)))
			}
			sorted := slices.Sorted(slices.Values(v))
			for k := range n {
				if got := nth(slices.Clone(v), k); got != sorted[k] {
					t.Fatalf("value %d of %d is %g, want %g", k, n, got, sorted[k])
				}
			}
			if percentile(slices.Clone(v), 0) != sorted[0] || percentile(slices.Clone(v), 100) != sorted[n-1] {
				t.Error("the ends")
			}
		}
	}
	if got := percentile([]float64{4, 1, 3, 2}, 25); got != 1.75 { // numpy.percentile
		t.Errorf("%g", got)
	}
}
