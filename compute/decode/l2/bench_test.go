package l2

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"reverie/compute/blas"
	"reverie/compute/format/npy"
)

// job is the drawn job that testdata/l2/peer.py gives to fastl2lir: samples with
// some structure, shown repeatedly, units that depend on a few voxels each.
type job struct {
	samples, voxels, units, chosen, stimuli int
	x, y, full                              []float64 // full: y by sample
	of                                      []int
}

// size is a number from the environment.
func size(name string, n int) int {
	if v, err := strconv.Atoi(os.Getenv(name)); err == nil && v > 0 {
		return v
	}
	return n
}

// newJob reads the job from the folder that L2_PEER names, or draws one of the
// issue's size, or of SAMPLES, VOXELS, UNITS and CHOSEN.
func newJob(tb testing.TB) *job {
	j := &job{samples: size("SAMPLES", 6000), voxels: size("VOXELS", 10000), units: min(256, size("UNITS", 256)), chosen: size("CHOSEN", 500)}
	if folder := os.Getenv("L2_PEER"); folder != "" {
		var of []int64
		j.x, j.voxels = stored[float64](tb, folder, "x")
		j.y, j.units = stored[float64](tb, folder, "y")
		of, _ = stored[int64](tb, folder, "of")
		for _, s := range of {
			j.of = append(j.of, int(s))
		}
		j.samples, j.stimuli = len(j.of), len(j.y)/j.units
	} else {
		j.draw()
	}
	for _, s := range j.of {
		j.full = append(j.full, j.y[s*j.units:(s+1)*j.units]...)
	}
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
	}
	for i := range j.samples {
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
// of sgemm and dgemm as the correlations use them, seconds of
// the factorisations, of all cores together.
func (j *job) limits(b *testing.B) (sgemm, dgemm, spotrf, dpotrf float64) {
	k, d := j.chosen, min(j.voxels, 2048)
	s32, s64 := make([]float32, j.samples*d), make([]float64, j.samples*d)
	for i := range s64 {
		s64[i] = j.x[i]
		s32[i] = float32(j.x[i])
	}
	flops := 2 * float64(j.samples) * float64(d) * 128 / 1e9
	must := func(err error) {
		if err != nil {
			b.Error(err)
		}
	}
	sgemm = flops / both(3, func() {
		a := blas.Matrix[float32]{Rows: j.samples, Cols: 128, Stride: d, Data: s32}
		must(blas.Gemm(true, false, 1, a, blas.Of(j.samples, d, s32), 0, blas.Of(128, d, make([]float32, 128*d))))
	})
	dgemm = flops / both(3, func() {
		a := blas.Matrix[float64]{Rows: j.samples, Cols: 128, Stride: d, Data: s64}
		must(blas.Gemm(true, false, 1, a, blas.Of(j.samples, d, s64), 0, blas.Of(128, d, make([]float64, 128*d))))
	})
	g := make([]float64, k*k)
	must(blas.Syrk(true, 1, blas.Matrix[float64]{Rows: j.samples, Cols: k, Stride: d, Data: s64}, 0, blas.Of(k, k, g)))
	g32 := make([]float32, k*k)
	for i := range k {
		g[i*k+i] += 100
	}
	for i, x := range g {
		g32[i] = float32(x)
	}
	spotrf = both(50, func() {
		a := append([]float32(nil), g32...)
		must(blas.Potrf(blas.Of(k, k, a)))
	})
	dpotrf = both(50, func() {
		a := append([]float64(nil), g...)
		must(blas.Potrf(blas.Of(k, k, a)))
	})
	return sgemm, dgemm, spotrf, dpotrf
}

// cycled are as many units as wanted, those of the job again and again.
type cycled struct {
	rows, known, units int
	y                  []float64
}

func (c cycled) Rows() int  { return c.rows }
func (c cycled) Units() int { return c.units }
func (c cycled) Read(from, to int, dst []float64) error {
	for r := range c.rows {
		for u := from; u < to; u++ {
			dst[r*(to-from)+u-from] = c.y[r*c.known+u%c.known]
		}
	}
	return nil
}

// BenchmarkFit is the job of 6,000 samples × 10,000 voxels, 500 chosen. The
// set-up is timed on its own (setup-s); ns/op is one pass over UNITS units.
// With grouped, trials of a stimulus share their target.
func BenchmarkFit(b *testing.B) {
	ctx := context.Background()
	j := newJob(b)
	for _, grouped := range []bool{false, true} {
		sgemm, dgemm, spotrf, dpotrf := j.limits(b)
		for _, p := range []Precision{Float32, Mixed, Float64} {
			b.Run(fmt.Sprintf("%s/grouped=%v", p, grouped), func(b *testing.B) {
				of, y, rows := j.of, j.y, j.stimuli
				if !grouped {
					of, y, rows = nil, j.full, j.samples
				}
				start, busy := time.Now(), processor()
				f, err := New(ctx, j.x, j.samples, j.voxels, of, Options{Alpha: 100, Voxels: j.chosen, Precision: p})
				if err != nil {
					b.Fatal(err)
				}
				setup, setupBusy := time.Since(start).Seconds(), processor()-busy
				v := cycled{rows, j.units, size("UNITS", 2000), y}
				busy = processor()
				b.ResetTimer()
				for b.Loop() {
					if err := f.Fit(ctx, v, func(*Weights) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
				each := b.Elapsed().Seconds() / float64(b.N*v.units)
				b.ReportMetric((processor()-busy)*1e3/float64(b.N*v.units), "cpu-ms/unit")
				b.ReportMetric(setupBusy, "setup-cpu-s")
				k, d := float64(j.chosen), float64(j.voxels)
				flops := 2*float64(rows)*d + k*k*k/3 + 4*k*k
				gemm, potrf := sgemm, spotrf
				if p != Float32 {
					gemm = dgemm
				}
				if p == Float64 {
					potrf = dpotrf
				}
				least := 2*float64(rows)*d/1e9/gemm + potrf
				b.ReportMetric(setup, "setup-s")
				b.ReportMetric(setup+2000*each, "2000-units-s")
				b.ReportMetric(gemm, "gemm-GFLOP/s")
				b.ReportMetric(potrf*1e3, "potrf-ms")
				b.ReportMetric(each*1e3, "ms/unit")
				b.ReportMetric(1/each, "units/s")
				b.ReportMetric(flops/each/1e9, "GFLOP/s")
				b.ReportMetric(each/least, "×gemm+potrf")
				b.ReportMetric(float64(j.samples)*d*d/setup/1e9, "setup-GFLOP/s")
			})
		}
	}
}

// TestPeer compares with the weights of fastl2lir at full size that testdata/l2/peer.py left in L2_PEER.
func TestPeer(t *testing.T) {
	folder := os.Getenv("L2_PEER")
	if folder == "" {
		t.Skip("L2_PEER names no folder made by testdata/l2/peer.py")
	}
	j := newJob(t)
	want, units := stored[float64](t, folder, "w_float64")
	single, _ := stored[float64](t, folder, "w_float32")
	t.Logf("fastl2lir in float32 is off its float64 by %.1e", off(t, single, want))
	for p, tol := range map[Precision]float64{Float64: 1e-8, Mixed: 1e-8, Float32: 1e-5} {
		start := time.Now()
		w := fitAll(t, j.x, j.samples, j.of, j.y, units, Options{Alpha: 100, Voxels: j.chosen, Precision: p})
		d := off(t, full(w), want)
		t.Logf("%s: weights off by %.1e, %d units in %.1f s with set-up", p, d, units, time.Since(start).Seconds())
		if !(d <= tol) {
			t.Errorf("%s: weights off by %g, want %g", p, d, tol)
		}
	}
}
