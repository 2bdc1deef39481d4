package slr

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"reverie/compute/decode/l2"
)

// small draws a job whose stimuli are shown three times; neighbours share much signal.
func small(samples, voxels, units int) *job {
	j := &job{samples: samples, voxels: voxels, units: units, stimuli: samples / 3}
	r := rand.New(rand.NewPCG(uint64(samples), uint64(voxels)))
	j.x, j.y = make([]float64, samples*voxels), make([]float64, j.stimuli*units)
	for i := range samples {
		j.of = append(j.of, i*11%j.stimuli)
		for v := range voxels {
			j.x[i*voxels+v] = r.NormFloat64()
			if v%6 > 0 {
				j.x[i*voxels+v] += 3 * j.x[i*voxels+v/6*6]
			}
		}
	}
	for s := range j.stimuli {
		for u := range units {
			y := r.NormFloat64()
			for v := u % 5; v < voxels; v += 9 + u%7 {
				y += 0.3 * j.x[s*voxels+v]
			}
			j.y[s*units+u] = y
		}
	}
	zscore(j.x, samples)
	zscore(j.y, j.stimuli)
	return j
}

// all collects what Fit gives.
func (j *job) all(t *testing.T, of []int, y []float64, opt Options) *Weights {
	t.Helper()
	f, err := New(context.Background(), j.x, j.samples, j.voxels, of, opt)
	if err != nil {
		t.Fatal(err)
	}
	v, err := l2.NewValues(y, len(y)/j.units, j.units)
	if err != nil {
		t.Fatal(err)
	}
	all := &Weights{Voxels: j.voxels, Start: []int{0}}
	err = f.Fit(context.Background(), v, func(w *Weights) error {
		if w.First != all.Units || w.Voxels != j.voxels || len(w.Start) != w.Units+1 || w.Start[w.Units] != len(w.W) || len(w.Index) != len(w.W) {
			t.Fatalf("units %d to %d after %d, %d weights of %d", w.First, w.First+w.Units-1, all.Units, len(w.W), w.Start[w.Units])
		}
		for u := range w.Units {
			all.Start = append(all.Start, len(all.W)+w.Start[u+1])
		}
		all.Units += w.Units
		all.Index = append(all.Index, w.Index...)
		all.W = append(all.W, w.W...)
		all.B = append(all.B, w.B...)
		all.Iterations = append(all.Iterations, w.Iterations...)
		all.Failed = append(all.Failed, w.Failed...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if all.Units != j.units {
		t.Fatalf("%d units", all.Units)
	}
	for u := range all.Units {
		if at := all.Index[all.Start[u]:all.Start[u+1]]; !slices.IsSorted(at) {
			t.Fatalf("unit %d: voxels %v", u, at)
		}
	}
	return all
}

// full writes weights out, units × (voxels+1), the bias last.
func full(w *Weights) []float64 {
	out := make([]float64, w.Units*(w.Voxels+1))
	for u := range w.Units {
		row := out[u*(w.Voxels+1) : (u+1)*(w.Voxels+1)]
		for i := w.Start[u]; i < w.Start[u+1]; i++ {
			row[w.Index[i]] = w.W[i]
		}
		row[w.Voxels] = w.B[u]
	}
	return out
}

func (j *job) expanded() []float64 {
	y := make([]float64, 0, j.samples*j.units)
	for _, s := range j.of {
		y = append(y, j.y[s*j.units:(s+1)*j.units]...)
	}
	return y
}

// The number of workers changes no bit; targets by stimulus are those by sample;
// products per unit are those of all voxels.
func TestWaysAgree(t *testing.T) {
	for _, j := range []*job{small(180, 60, 37), small(60, 90, 21)} {
		for _, voxels := range []int{0, 25} {
			opt := Options{Voxels: voxels, Workers: 1, Iterations: 80}
			one := j.all(t, j.of, j.y, opt)
			opt.Workers = 2
			two := j.all(t, j.of, j.y, opt)
			if !slices.Equal(one.W, two.W) || !slices.Equal(one.B, two.B) || !slices.Equal(one.Index, two.Index) || !slices.Equal(one.Start, two.Start) || !slices.Equal(one.Iterations, two.Iterations) {
				t.Errorf("%d of %d voxels: workers change the weights", voxels, j.voxels)
			}
			if d := off(t, full(j.all(t, nil, j.expanded(), opt)), full(one)); !(d <= 1e-9) {
				t.Errorf("%d of %d voxels: targets by sample are off by %g", voxels, j.voxels, d)
			}
			opt.Units = 1
			if d := off(t, full(j.all(t, j.of, j.y, opt)), full(one)); !(d <= 1e-9) {
				t.Errorf("%d of %d voxels: products per unit are off by %g", voxels, j.voxels, d)
			}
			if voxels == 25 && j.samples == 180 {
				f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, opt)
				if err != nil || f.gram != nil {
					t.Error("products of all voxels for one unit", err)
				}
			}
		}
	}
}

// TestFollow compares with a factor at every iteration, where neighbours are
// alike (correlations of 0.9) and at every stage.
func TestFollow(t *testing.T) {
	j := small(420, 260, 4)
	f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, Options{Voxels: 200, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []PruneRule{ByVariance, ByWeight, NoPruning} {
		f.opt.Prune = rule
		for _, it := range []int{1, 3, 10, 17, 30, 60, 100, 200, 500, 2000} {
			f.opt.Iterations, f.opt.Mode = it, Lab
			if it > 500 && rule == NoPruning {
				continue
			}
			if it > 500 {
				f.opt.Mode = Paper
			}
			var got [2][]float64
			var took [2][]int
			followed := 0
			for way := range got {
				w := newWorker(f, j.units)
				if way == 0 {
					w.ard.bound = -1
				}
				copy(w.y, j.y)
				if err := w.fit(context.Background(), 0, j.units); err != nil {
					t.Fatal(err)
				}
				got[way], took[way] = full(&w.out), slices.Clone(w.out.Iterations)
				followed = w.ard.age
			}
			d := off(t, got[1], got[0])
			t.Logf("rule %d, %3d iterations: off by %.1e after %v and %v", rule, it, d, took[1], took[0])
			if !(d <= 1e-7) {
				t.Errorf("rule %d, %d iterations: off by %g", rule, it, d)
			}
			if it >= 200 && rule != NoPruning && followed == 0 {
				t.Error("nothing was followed")
			}
		}
	}
}

// TestModes shows what the honest test of convergence changes.
func TestModes(t *testing.T) {
	j := small(180, 60, 12)
	for _, most := range []int{200, 5000} {
		lab := j.all(t, j.of, j.y, Options{Voxels: 25, Iterations: most})
		paper := j.all(t, j.of, j.y, Options{Voxels: 25, Iterations: most, Mode: Paper})
		for u := range lab.Units {
			if lab.Iterations[u] != most {
				t.Errorf("lab: unit %d took %d iterations, slir always takes all", u, lab.Iterations[u])
			}
		}
		d := off(t, full(paper), full(lab))
		t.Logf("at most %d iterations: paper took %v; weights differ by %.1e", most, paper.Iterations, d)
		if !(d <= 1e-5) {
			t.Errorf("paper is off lab by %g", d)
		}
		if m := slices.Min(paper.Iterations); m <= 101 || most == 5000 && m == most {
			t.Errorf("paper took %d iterations", m)
		}
	}
}

// A unit that does not vary loses all features: weights 0, and Failed says so.
func TestFailedUnits(t *testing.T) {
	j := small(180, 60, 5)
	for s := range j.stimuli {
		j.y[s*j.units+2] = 0 // what the lab's z-score makes of a constant unit
	}
	for _, opt := range []Options{{}, {Voxels: 10}, {Prune: ByWeight}, {Prune: NoPruning}} {
		w := j.all(t, j.of, j.y, opt)
		for u, failed := range w.Failed {
			if n := w.Start[u+1] - w.Start[u]; failed != (u == 2) || failed != (n == 0) || failed && w.B[u] != 0 {
				t.Errorf("unit %d: failed %v with %d voxels", u, failed, n)
			}
		}
	}
}

func TestEnds(t *testing.T) {
	j := small(180, 60, 40)
	f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, Options{Voxels: 20, Iterations: 20, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	if err := f.Fit(context.Background(), j.values(t), func(w *Weights) error {
		if w.First > 8 {
			return enough
		}
		return nil
	}); !errors.Is(err, enough) {
		t.Errorf("sink: %v", err)
	}
	ctx, stop := context.WithCancelCause(context.Background())
	stop(enough)
	if err := f.Fit(ctx, j.values(t), func(*Weights) error { return nil }); !errors.Is(err, enough) {
		t.Errorf("stopped: %v", err)
	}
	if _, err := New(ctx, j.x, j.samples, j.voxels, j.of, Options{Voxels: 20}); !errors.Is(err, enough) {
		t.Errorf("stopped in New: %v", err)
	}
	if err := f.Fit(context.Background(), broken{j.values(t)}, func(*Weights) error { return nil }); !errors.Is(err, errBroken) {
		t.Errorf("targets: %v", err)
	}
	j.y[3*j.units+17] = math.NaN()
	if err := f.Fit(context.Background(), j.values(t), func(*Weights) error { return nil }); err == nil {
		t.Error("NaN passed")
	} else if want := "slr: unit 17 is NaN in row 3: leave the unit or the samples of the row out"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

type broken struct{ *l2.Values }

var errBroken = errors.New("broken")

func (broken) Read(from, to int, dst []float64) error { return errBroken }
