package slr

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"reverie/compute/blas"
	"reverie/compute/decode/l2"
	"reverie/compute/format/npy"
)

// job is the job that testdata/slr/peer.py gives to slir: z-scored samples with
// some structure, shown repeatedly, units that depend on a few voxels each.
type job struct {
	samples, voxels, units, chosen, stimuli int
	x, y                                    []float64 // y: stimuli × units
	of                                      []int
	peer                                    struct {
		Chosen, Fitted  int
		SelectMSPerUnit float64 `json:"select_ms_per_unit"`
		MSPerUnit       float64 `json:"ms_per_unit"`
		CPUMilliseconds float64 `json:"cpu_ms_per_unit"`
		Kept            []int
		timed           bool
	}
}

// size is a number from the environment.
func size(name string, n int) int {
	if v, err := strconv.Atoi(os.Getenv(name)); err == nil && v > 0 {
		return v
	}
	return n
}

// newJob reads the job from the folder that SLR_PEER names, or draws one of the
// issue's size, or of SAMPLES, VOXELS, UNITS and CHOSEN.
func newJob(tb testing.TB) *job {
	j := &job{samples: size("SAMPLES", 6000), voxels: size("VOXELS", 10000), units: size("UNITS", 20), chosen: size("CHOSEN", 500)}
	folder := os.Getenv("SLR_PEER")
	if folder == "" {
		j.draw()
		return j
	}
	var of []int64
	j.x, j.voxels = stored[float64](tb, folder, "x")
	j.y, j.units = stored[float64](tb, folder, "y")
	of, _ = stored[int64](tb, folder, "of")
	for _, s := range of {
		j.of = append(j.of, int(s))
	}
	j.samples, j.stimuli = len(j.of), len(j.y)/j.units
	report, err := os.ReadFile(filepath.Join(folder, "report.json"))
	if err == nil {
		err = json.Unmarshal(report, &j.peer)
	}
	if err != nil {
		tb.Fatal(err)
	}
	j.peer.timed, j.chosen = true, j.peer.Chosen
	return j
}

func stored[T npy.Number](tb testing.TB, folder, name string) (values []T, last int) {
	tb.Helper()
	a, err := npy.Open(filepath.Join(folder, name+".npy"))
	if err != nil {
		tb.Fatal(err)
	}
	defer a.Close()
	if values, err = npy.ReadAll[T](a); err != nil {
		tb.Fatal(err)
	}
	return values, a.Shape[len(a.Shape)-1]
}

func (j *job) draw() {
	j.stimuli = j.samples / 5
	r := rand.New(rand.NewPCG(20171230, 1))
	j.x = make([]float64, j.samples*j.voxels)
	row := make([]float64, j.voxels)
	for i := range j.samples {
		for v := range row {
			row[v] = r.NormFloat64()
		}
		for v := range row { // neighbours share signal
			j.x[i*j.voxels+v] = 0.8*row[v] + 0.6*row[v/8*8]
		}
		j.of = append(j.of, i%j.stimuli)
	}
	j.y = make([]float64, j.stimuli*j.units)
	for u := range j.units {
		for range 20 {
			v, w := r.IntN(j.voxels), r.NormFloat64()
			for s := range j.stimuli {
				j.y[s*j.units+u] += w * j.x[s*j.voxels+v]
			}
		}
		for s := range j.stimuli {
			j.y[s*j.units+u] += 3 * r.NormFloat64()
		}
	}
	zscore(j.x, j.samples)
	zscore(j.y, j.stimuli)
}

// zscore gives every column of rows the mean 0 and, by ddof 1, the deviation 1.
func zscore(x []float64, rows int) {
	cols := len(x) / rows
	sum, squares := make([]float64, cols), make([]float64, cols)
	for i, v := range x {
		sum[i%cols] += v / float64(rows)
	}
	for i := range x {
		x[i] -= sum[i%cols]
		squares[i%cols] += x[i] * x[i] / float64(rows-1)
	}
	for i := range x {
		x[i] /= math.Sqrt(squares[i%cols])
	}
}

func (j *job) fitter(tb testing.TB, opt Options) *Fitter {
	tb.Helper()
	opt.Voxels = j.chosen
	f, err := New(context.Background(), j.x, j.samples, j.voxels, j.of, opt)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func (j *job) values(tb testing.TB) *l2.Values {
	tb.Helper()
	v, err := l2.NewValues(j.y, j.stimuli, j.units)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// both times what all cores do together: seconds from one end of f to the next, n on each core.
func both(n int, f func()) float64 {
	start := time.Now()
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for range n {
				f()
			}
		})
	}
	wg.Wait()
	return time.Since(start).Seconds() / float64(n*runtime.GOMAXPROCS(0))
}

// limits times the routines underneath on their own, in the same run: GFLOP/s
// of dgemm and seconds of a factor and of a factor's inverse, of all cores together.
func limits(b *testing.B, k int) (dgemm, dpotrf, root float64) {
	must := func(err error) {
		if err != nil {
			b.Error(err)
		}
	}
	x := make([]float64, 3*k*k)
	for i := range x {
		x[i] = float64(i*7919%1009)/500 - 1
	}
	g, m := make([]float64, k*k), blas.Of(3*k, k, x)
	must(blas.Syrk(true, 1, m, 0, blas.Of(k, k, g)))
	for i := range k {
		g[i*k+i] += 1
	}
	dgemm = 2 * 3 * float64(k*k*k) / 1e9 / both(10, func() {
		must(blas.Gemm(true, false, 1, m, m, 0, blas.Of(k, k, make([]float64, k*k))))
	})
	dpotrf = both(30, func() { must(blas.Potrf(blas.Of(k, k, append([]float64(nil), g...)))) })
	root = both(30, func() { must(blas.RootInverse(blas.Of(k, k, append([]float64(nil), g...)))) })
	return dgemm, dpotrf, root
}

// BenchmarkFit times units at the size. GFLOP/s counts 2/3·d³ operations,
// a factor and its inverse, for every iteration at the d features that remain in
// the end, however they were computed; ×root-inverses is the time against that of
// a factor's inverse for all chosen voxels at every iteration. With SLR_PEER it
// tells how many times as fast as slir it is, per unit and for the whole job with set-up.
func BenchmarkFit(b *testing.B) {
	j := newJob(b)
	dgemm, dpotrf, root := limits(b, j.chosen)
	for _, c := range []struct {
		name string
		opt  Options
	}{{"lab", Options{Units: j.units}}, {"lab/many", Options{}}, {"lab/weight", Options{Prune: ByWeight}}, {"paper", Options{Mode: Paper}}, {"paper/2000", Options{Mode: Paper, Iterations: 2000}}} {
		b.Run(c.name, func(b *testing.B) {
			start, busy := time.Now(), processor()
			f := j.fitter(b, c.opt)
			setup, setupBusy := time.Since(start).Seconds(), processor()-busy
			iterations, kept := 0, 0
			busy = processor()
			b.ResetTimer()
			for b.Loop() {
				iterations, kept = 0, 0
				if err := f.Fit(context.Background(), j.values(b), func(w *Weights) error {
					for u := range w.Units {
						iterations += w.Iterations[u]
					}
					kept += len(w.W)
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			units := float64(b.N * j.units)
			each := b.Elapsed().Seconds() / units
			b.ReportMetric((processor()-busy)*1e3/units, "cpu-ms/unit")
			b.ReportMetric(each*1e3, "ms/unit")
			b.ReportMetric(1/each, "units/s")
			b.ReportMetric(float64(iterations)/float64(j.units), "iterations")
			b.ReportMetric(float64(kept)/float64(j.units), "voxels-kept")
			b.ReportMetric(setup, "setup-s")
			b.ReportMetric(setupBusy, "setup-cpu-s")
			d := float64(kept) / float64(j.units)
			b.ReportMetric(2./3*d*d*d*float64(iterations)/float64(j.units)/each/1e9, "GFLOP/s")
			b.ReportMetric(dgemm, "dgemm-GFLOP/s")
			b.ReportMetric(dpotrf*1e3, "dpotrf-ms")
			b.ReportMetric(root*1e3, "root-inverse-ms")
			b.ReportMetric(each*float64(j.units)/(float64(iterations)*root), "×root-inverses")
			if j.peer.timed {
				b.ReportMetric(j.peer.MSPerUnit, "slir-ms/unit")
				b.ReportMetric(j.peer.MSPerUnit/1e3/each, "×slir")
				n := float64(j.units)
				b.ReportMetric((j.peer.MSPerUnit+j.peer.SelectMSPerUnit)*n/1e3/(setup+each*n), "×slir-with-setup")
			}
		})
	}
}

// TestPeer compares with the weights of slir at full size that testdata/slr/peer.py left in SLR_PEER.
func TestPeer(t *testing.T) {
	folder := os.Getenv("SLR_PEER")
	if folder == "" {
		t.Skip("SLR_PEER names no folder made by testdata/slr/peer.py")
	}
	j := newJob(t)
	want, width := stored[float64](t, folder, "w")
	err := j.fitter(t, Options{}).Fit(context.Background(), j.values(t), func(w *Weights) error {
		for u := range w.Units {
			at := w.First + u
			if at >= j.peer.Fitted {
				return nil
			}
			got := make([]float64, width)
			for i := w.Start[u]; i < w.Start[u+1]; i++ {
				got[w.Index[i]] = w.W[i]
			}
			got[width-1] = w.B[u]
			kept := w.Start[u+1] - w.Start[u]
			d := off(t, got, want[at*width:(at+1)*width])
			t.Logf("unit %d: kept %d voxels, slir %d; weights off by %.1e", at, kept, j.peer.Kept[at], d)
			if !(d <= 1e-6) || kept != j.peer.Kept[at] {
				t.Errorf("unit %d is off by %g", at, d)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
