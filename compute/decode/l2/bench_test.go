package l2

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"reverie/compute/blas"
)

// job is the drawn job that testdata/l2/peer.py gives to fastl2lir: samples
// with some structure, units that depend on a few voxels each.
type job struct {
	samples, voxels, units, chosen, stimuli int
	x, y                                    []float64
	of                                      []int
}

// sizes are those of the issue, or smaller by SAMPLES, VOXELS, UNITS and CHOSEN in the environment.
func newJob(repeats int) *job {
	size := func(name string, n int) int {
		if v, err := strconv.Atoi(os.Getenv(name)); err == nil && v > 0 {
			return v
		}
		return n
	}
	j := &job{samples: size("SAMPLES", 6000), voxels: size("VOXELS", 10000), units: size("UNITS", 512), chosen: size("CHOSEN", 500)}
	j.stimuli = j.samples / repeats
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
	j.of = make([]int, j.samples)
	for i := range j.of {
		j.of[i] = i % j.stimuli
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
	return j
}

// both times what both cores do together in n rounds each, in seconds a round.
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
// of sgemm and dgemm as the correlations use them, seconds of a gather and of
// the factorisations, all with every core at work.
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

// BenchmarkFit is the job of 6,000 samples × 10,000 voxels, 500 chosen. The
// set-up is timed on its own (setup-s); ns/op is one pass over UNITS units.
func BenchmarkFit(b *testing.B) {
	ctx := context.Background()
	for _, repeats := range []int{1, 5} {
		j := newJob(repeats)
		sgemm, dgemm, spotrf, dpotrf := j.limits(b)
		for _, p := range []Precision{Float32, Mixed, Float64} {
			b.Run(fmt.Sprintf("%s/repeats=%d", p, repeats), func(b *testing.B) {
				of := j.of
				if repeats == 1 {
					of = nil
				}
				start := time.Now()
				f, err := New(ctx, j.x, j.samples, j.voxels, of, Options{Alpha: 100, Voxels: j.chosen, Precision: p})
				if err != nil {
					b.Fatal(err)
				}
				setup := time.Since(start).Seconds()
				v, err := NewValues(j.y, j.stimuli, j.units)
				if err != nil {
					b.Fatal(err)
				}
				b.ResetTimer()
				for b.Loop() {
					if err := f.Fit(ctx, v, func(*Weights) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
				each := b.Elapsed().Seconds() / float64(b.N*j.units)
				k, d := float64(j.chosen), float64(j.voxels)
				flops := 2*float64(j.stimuli)*d + k*k*k/3 + 4*k*k
				gemm, potrf := sgemm, spotrf
				if p != Float32 {
					gemm = dgemm
				}
				if p == Float64 {
					potrf = dpotrf
				}
				least := (2*float64(j.stimuli)*d/1e9/gemm + potrf) / float64(runtime.GOMAXPROCS(0))
				b.ReportMetric(setup, "setup-s")
				b.ReportMetric(each*1e3, "ms/unit")
				b.ReportMetric(1/each, "units/s")
				b.ReportMetric(flops/each/1e9, "GFLOP/s")
				b.ReportMetric(each/least, "×gemm+potrf")
				b.ReportMetric(float64(j.samples)*d*d/setup/1e9, "setup-GFLOP/s")
			})
		}
		b.Logf("repeats %d, each core: sgemm %.0f, dgemm %.0f GFLOP/s; spotrf %.2f, dpotrf %.2f ms", repeats, sgemm, dgemm, spotrf*1e3, dpotrf*1e3)
	}
}
