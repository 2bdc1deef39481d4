package slr

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/compute/decode/l2"
)

func TestRefusals(t *testing.T) {
	ctx := context.Background()
	j := small(90, 70, 3)
	nan := slices.Clone(j.x)
	nan[5*j.voxels+7] = math.NaN()
	gap := slices.Clone(j.of)
	for i, s := range gap {
		if s == 3 {
			gap[i] = 4
		}
	}
	for name, c := range map[string]struct {
		x    []float64
		n    int
		of   []int
		opt  Options
		want string
	}{
		"mode":       {j.x, 90, nil, Options{Mode: 2}, "mode 2"},
		"rule":       {j.x, 90, nil, Options{Prune: -1}, "pruning rule -1"},
		"voxels":     {j.x, 90, nil, Options{Voxels: -1}, "negative"},
		"iterations": {j.x, 90, nil, Options{Iterations: -1}, "negative"},
		"units":      {j.x, 90, nil, Options{Units: -1}, "negative"},
		"memory":     {j.x, 90, nil, Options{Memory: -1}, "negative"},
		"little":     {j.x, 90, nil, Options{Memory: 1000}, "raise the memory"},
		"min":        {j.x, 90, nil, Options{MinValue: -1}, "min value -1"},
		"prune":      {j.x, 90, nil, Options{PruneThreshold: math.NaN()}, "prune threshold NaN"},
		"converge":   {j.x, 90, nil, Options{ConvergeThreshold: 1}, "converge threshold 1"},
		"size":       {j.x[1:], 90, nil, Options{}, "values for"},
		"samples":    {j.x[:70], 1, nil, Options{}, "at least 2"},
		"nan":        {nan, 90, nil, Options{Voxels: 3}, "sample 5 has NaN in voxel 7"},
		"rows":       {j.x, 90, j.of[1:], Options{}, "want 90"},
		"row":        {j.x, 90, append([]int{-1}, j.of[1:]...), Options{}, "row -1"},
		"gap":        {j.x, 90, gap, Options{}, "row 3"},
		"too large":  {[]float64{1e200, 2, 3, -1e200, 5, 7}, 3, nil, Options{Voxels: 1}, "scale it"},
		"sum":        {[]float64{1.7e308, 2, 1.7e308, 1, 5, 7}, 3, nil, Options{Voxels: 1}, "too large to sum"},
	} {
		voxels := 70
		if len(c.x) == 6 {
			voxels = 2
		}
		if _, err := New(ctx, c.x, c.n, voxels, c.of, c.opt); err == nil || !strings.HasPrefix(err.Error(), "slr: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f, err := New(ctx, j.x, 90, 70, j.of, Options{Voxels: 5})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		y    []float64
		rows int
		want string
	}{
		"rows":      {j.y[:9], 3, "targets of 3 rows"},
		"too large": {slices.Repeat([]float64{1e200, 1}, 15), 30, "scale them"},
	} {
		v, err := l2.NewValues(c.y, c.rows, len(c.y)/c.rows)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Fit(ctx, v, func(*Weights) error { return nil }); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMemory halves what a fitter may hold until it refuses: it gives the products
// of all voxels up before that, and the weights stay the same.
func TestMemory(t *testing.T) {
	j := small(180, 400, 6)
	opt := Options{Voxels: 12, Iterations: 30, Workers: 1}
	want := full(j.all(t, j.of, j.y, opt))
	f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, opt)
	if err != nil {
		t.Fatal(err)
	}
	f.chunk = 1
	opt.Memory = f.need(true) - 1
	if f, err = New(context.Background(), j.x, j.samples, j.voxels, j.of, opt); err != nil || f.gram != nil {
		t.Fatal("products of all voxels in too little memory", err)
	}
	if d := off(t, full(j.all(t, j.of, j.y, opt)), want); !(d <= 1e-9) {
		t.Errorf("with little memory off by %g", d)
	}
	opt.Memory = f.need(false)
	f.chunk = 1
	opt.Memory = f.need(false) - 1
	if _, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, opt); err == nil {
		t.Error("too little memory passed")
	}
}

// TestChoice: voxels alike are chosen from the last on, as NumPy's reversed order
// has them, and one that does not vary comes after all others.
func TestChoice(t *testing.T) {
	j := small(90, 30, 2)
	for i := range j.samples {
		row := j.x[i*j.voxels : (i+1)*j.voxels]
		row[20], row[9], row[29] = row[4], row[4], 1
	}
	for s := range j.stimuli {
		j.y[s*j.units] = j.x[slices.Index(j.of, s)*j.voxels+4]
	}
	f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, Options{Voxels: 2})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(f, 1)
	for r := range f.rows {
		w.y[r] = j.y[r*j.units]
	}
	if err := w.fit(context.Background(), 0, 1); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.chosen, []uint32{9, 20}) {
		t.Errorf("chose %v, want 9 and 20", w.chosen)
	}
	f.k = 29
	w = newWorker(f, 1)
	for r := range f.rows {
		w.y[r] = j.y[r*j.units+1]
	}
	if err := w.fit(context.Background(), 0, 1); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(w.chosen, 29) || len(w.chosen) != 29 {
		t.Errorf("chose %v", w.chosen)
	}
}

// TestNoAllocation: a unit takes nothing from the heap.
func TestNoAllocation(t *testing.T) {
	j := small(180, 60, 1)
	f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, Options{Voxels: 30, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(f, 1)
	copy(w.y, j.y)
	if n := testing.AllocsPerRun(5, func() {
		if err := w.fit(context.Background(), 0, 1); err != nil {
			t.Error(err)
		}
	}); n > 1 { // the closure of a unit's residual
		t.Errorf("%g allocations", n)
	}
}

// FuzzFit fits small whole numbers, which are often alike, constant or
// collinear: nothing panics and weights are finite.
func FuzzFit(f *testing.F) {
	f.Add([]byte{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3}, uint8(2), uint8(1), uint8(0))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, uint8(3), uint8(0), uint8(1))
	f.Add([]byte{255, 1, 255, 1, 0, 1, 7, 1, 30, 1, 9, 2, 8, 1, 0, 255, 3, 3}, uint8(5), uint8(2), uint8(2))
	f.Add([]byte("a fit of words to words, of which there are more than a few, and hardly two alike"), uint8(7), uint8(3), uint8(3))
	f.Fuzz(func(t *testing.T, raw []byte, voxels, chosen, how uint8) {
		d := int(voxels)%8 + 1
		n := len(raw) / (d + 1)
		if n < 2 || n > 60 {
			return
		}
		scale := []float64{1, 1e-30, 1e30, 0.1}[how>>4&3]
		x, y := make([]float64, n*d), make([]float64, n)
		for i := range n {
			for v := range d {
				x[i*d+v] = float64(int8(raw[i*(d+1)+v])) * scale
			}
			y[i] = float64(int8(raw[i*(d+1)+d]))
		}
		opt := Options{Voxels: int(chosen) % (d + 1), Mode: Mode(how & 1), Prune: PruneRule(how>>1&3) % 3, Workers: 1, Iterations: 120}
		fit, err := New(context.Background(), x, n, d, nil, opt)
		if err != nil {
			t.Skip(err)
		}
		v, err := l2.NewValues(y, n, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := fit.Fit(context.Background(), v, func(w *Weights) error {
			if len(w.W) > d || w.Failed[0] && (len(w.W) > 0 || w.B[0] != 0) {
				t.Errorf("%d weights, failed %v", len(w.W), w.Failed[0])
			}
			for i, c := range append(w.W, w.B[0]) {
				if c-c != 0 {
					t.Errorf("weight %d is %g", i, c)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
