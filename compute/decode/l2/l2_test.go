package l2

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// small is a problem of 90 samples × 70 voxels with 300 units, more than one chunk.
func small() *job {
	j := &job{samples: 90, voxels: 70, units: 300, chosen: 20}
	j.draw()
	return j
}

func (j *job) fitter(t *testing.T, opt Options) *Fitter {
	t.Helper()
	f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, opt)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (j *job) values(t *testing.T) *Values {
	t.Helper()
	v, err := NewValues(j.y, j.stimuli, j.units)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWorkersGiveTheSameBits(t *testing.T) {
	j := small()
	for _, p := range []Precision{Mixed, Float64, Float32} {
		var want *Weights
		for _, workers := range []int{1, 2, 5, 2} {
			f := j.fitter(t, Options{Alpha: 10, Voxels: 20, Precision: p, Workers: workers})
			w, err := f.FitAll(context.Background(), j.values(t))
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = w
			} else if !slices.Equal(w.Index, want.Index) || !slices.Equal(w.W, want.W) || !slices.Equal(w.B, want.B) {
				t.Errorf("%s: %d workers differ from one", p, workers)
			}
		}
	}
}

// TestMemory fits with so little that units compute their own products, and
// with less, which is refused.
func TestMemory(t *testing.T) {
	j := small()
	opt := Options{Alpha: 10, Voxels: 20, Workers: 1, Precision: Float64}
	roomy := j.fitter(t, opt)
	want, err := roomy.FitAll(context.Background(), j.values(t))
	if err != nil {
		t.Fatal(err)
	}
	tried := map[bool]bool{}
	for opt.Memory = 1 << 20; ; opt.Memory -= 8 << 10 {
		f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, opt)
		if err != nil {
			if !strings.Contains(err.Error(), "raise the memory") {
				t.Error(err)
			}
			break
		}
		if n := f.need(f.hasGram(), 8); n > opt.Memory {
			t.Fatalf("%d bytes are needed, %d allowed", n, opt.Memory)
		}
		tried[f.hasGram()] = true
		w, err := f.FitAll(context.Background(), j.values(t))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(w.Index, want.Index) || off(t, w.W, want.W) > 1e-10 || off(t, w.B, want.B) > 1e-10 {
			t.Fatalf("with %d bytes the weights differ", opt.Memory)
		}
	}
	if !tried[false] || !tried[true] {
		t.Errorf("ways taken: %v", tried)
	}
}

// TestFallback has voxels that are alike in single precision and next to no penalty.
func TestFallback(t *testing.T) {
	j := small()
	r := rand.New(rand.NewPCG(7, 8))
	for i := range j.samples {
		row := j.x[i*j.voxels : (i+1)*j.voxels]
		for v := 1; v < j.voxels; v += 2 {
			row[v] = row[v-1] + 1e-5*r.NormFloat64()
		}
	}
	var w [2]*Weights
	for i, p := range []Precision{Float64, Mixed} {
		f := j.fitter(t, Options{Alpha: 1e-9, Voxels: 20, Precision: p})
		var err error
		if w[i], err = f.FitAll(context.Background(), j.values(t)); err != nil {
			t.Fatal(err)
		}
	}
	a, err := w[0].Predict(j.x, j.samples)
	if err != nil {
		t.Fatal(err)
	}
	b, err := w[1].Predict(j.x, j.samples)
	if err != nil {
		t.Fatal(err)
	}
	if d := off(t, b, a); d > 1e-8 {
		t.Errorf("predictions differ by %g", d)
	}
	s := newSolver(2, true)
	copy(s.s, []float64{1, 1, 0, 1 + 1e-9})
	copy(s.factor, []float32{1, 1, 0, 1})
	copy(s.right, []float64{1, 2})
	if err := s.solve(); err != nil || s.exact != 1 || math.Abs(s.w[1]-1e9) > 1e3 {
		t.Errorf("%v, %d exact solutions, w %v", err, s.exact, s.w)
	}
	copy(s.s, []float64{1, 1, 0, 1})
	copy(s.factor, []float32{1, 1, 0, 1})
	if err := s.solve(); err == nil || !strings.Contains(err.Error(), "raise alpha") {
		t.Errorf("singular system: %v", err)
	}
}

// reader is a Targets that fails or stops.
type reader struct {
	*Values
	read func(from int) error
}

func (r reader) Read(from, to int, dst []float64) error {
	if err := r.read(from); err != nil {
		return err
	}
	return r.Values.Read(from, to, dst)
}

func TestStopping(t *testing.T) {
	j := small()
	f := j.fitter(t, Options{Alpha: 10, Voxels: 20, Workers: 2})
	broken := errors.New("broken disk")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	nothing := func(*Weights) error { return nil }
	err := f.Fit(ctx, reader{j.values(t), func(from int) error {
		if from > 0 {
			return broken
		}
		return nil
	}}, nothing)
	if !errors.Is(err, broken) {
		t.Errorf("read: %v", err)
	}
	if err := f.Fit(ctx, j.values(t), func(*Weights) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("sink: %v", err)
	}
	err = f.Fit(ctx, reader{j.values(t), func(int) error { cancel(); return nil }}, nothing)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := New(ctx, j.x, j.samples, j.voxels, j.of, Options{Alpha: 1, Voxels: 3}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	next := 0
	err = f.Fit(context.Background(), j.values(t), func(w *Weights) error {
		if w.First != next || len(w.B) != w.Units || len(w.W) != w.Units*20 {
			return fmt.Errorf("units from %d, want %d", w.First, next)
		}
		next += w.Units
		return nil
	})
	if err != nil || next != j.units {
		t.Errorf("%d units of %d: %v", next, j.units, err)
	}
}

func TestNoAllocationPerUnit(t *testing.T) {
	j := small()
	f := j.fitter(t, Options{Alpha: 10, Voxels: 20, Workers: 1})
	v := j.values(t)
	run := func(units int) float64 {
		some := &Values{v.rows, units, v.y[:v.rows*units]}
		return testing.AllocsPerRun(5, func() {
			if err := f.Fit(context.Background(), some, func(*Weights) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	// One more chunk, 128 more units.
	if few, many := run(128), run(256); many > few+2 {
		t.Errorf("%g allocations for 128 units, %g for 256", few, many)
	}
}

func TestConstantUnit(t *testing.T) {
	j := small()
	for s := range j.stimuli {
		j.y[s*j.units] = 0.1
	}
	for _, all := range []int{0, 20} {
		w, err := j.fitter(t, Options{Alpha: 10, Voxels: all, FreeBias: true}).FitAll(context.Background(), j.values(t))
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range w.W[:w.PerUnit] {
			if x != 0 {
				t.Errorf("voxel %d of a constant unit weighs %g", w.Index[i], x)
			}
		}
		if math.Abs(w.B[0]-0.1) > 1e-15 {
			t.Errorf("bias %g", w.B[0])
		}
	}
}
