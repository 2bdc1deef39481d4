package cli

import (
	"context"
	"flag"
	"runtime"
	"sync"
	"time"

	"reverie/app/job"
	"reverie/app/train"
	"reverie/compute/blas"
	"reverie/compute/decode/l2"
)

// decoderJob is the size of the job that is timed.
type decoderJob struct{ samples, stimuli, voxels, chosen int }

func decoderSize(fs *flag.FlagSet) *decoderJob {
	s := &decoderJob{}
	fs.IntVar(&s.samples, "samples", 6000, "with --decoders: training `samples`")
	fs.IntVar(&s.stimuli, "stimuli", 1200, "with --decoders: training `stimuli`")
	fs.IntVar(&s.voxels, "voxels", 10000, "with --decoders: `voxels` of the ROI")
	fs.IntVar(&s.chosen, "chosen", 500, "with --decoders: `voxels` of a unit")
	return s
}

// decoderReport is what bench --decoders prints with --json.
type decoderReport struct {
	BLAS    string       `json:"blas"`
	Threads int          `json:"threads"`
	Samples int          `json:"samples"`
	Stimuli int          `json:"stimuli"`
	Voxels  int          `json:"voxels"`
	Chosen  int          `json:"voxels_per_unit"`
	Rows    []decoderRow `json:"results"`
	// What the library does on all threads: products of 1,024 × 1,024, factors of the chosen voxels.
	Sgemm  float64 `json:"sgemm_gflops"`
	Dgemm  float64 `json:"dgemm_gflops"`
	Spotrf float64 `json:"spotrf_ms"`
	Dpotrf float64 `json:"dpotrf_ms"`
}

type decoderRow struct {
	Method  string  `json:"method"`
	SetUp   float64 `json:"set_up_s"`
	Unit    float64 `json:"ms_per_unit"`
	PerSec  float64 `json:"units_per_s"`
	Factors float64 `json:"factors"` // the time of a unit in factors of the chosen voxels, in the precision that it takes
}

func benchDecoders(ctx context.Context, e *env, s *decoderJob) error {
	if s.samples < 2 || s.stimuli < 2 || s.stimuli > s.samples || s.voxels < 1 || s.chosen < 1 || s.chosen > s.voxels {
		return usage("--samples, --stimuli, --voxels and --chosen: want numbers that fit together, such as 6000, 1200, 10000 and 500")
	}
	r := decoderReport{BLAS: blas.Device(), Threads: runtime.GOMAXPROCS(0), Samples: s.samples, Stimuli: s.stimuli, Voxels: s.voxels, Chosen: s.chosen}
	e.say("%s, %d threads; %d samples of %d stimuli, %d of %d voxels a unit", r.BLAS, r.Threads, s.samples, s.stimuli, s.chosen, s.voxels)
	var err error
	if r.Sgemm, r.Spotrf, err = library[float32](s.chosen); err != nil {
		return err
	}
	if r.Dgemm, r.Dpotrf, err = library[float64](s.chosen); err != nil {
		return err
	}
	e.say("  the library: sgemm %.0f, dgemm %.0f GFLOP/s; a factor of %d in %.2f ms (single), %.2f ms (double)", r.Sgemm, r.Dgemm, s.chosen, r.Spotrf, r.Dpotrf)
	ridge := func(p l2.Precision) train.Options {
		return train.Options{Method: train.L2, Alpha: 100, Voxels: s.chosen, Precision: p}
	}
	for _, m := range []struct {
		name   string
		opt    train.Options
		units  int
		factor float64
	}{
		{"ridge, mixed", ridge(l2.Mixed), 512, r.Spotrf},
		{"ridge, float32", ridge(l2.Float32), 512, r.Spotrf},
		{"ridge, float64", ridge(l2.Float64), 512, r.Dpotrf},
		{"sparse regression, lab", train.Options{Method: train.SLR, Voxels: s.chosen}, 16, r.Dpotrf},
	} {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		e.progress.report(job.Progress{Stage: "time " + m.name, ETA: -1})
		// As of a whole layer, though few are fitted.
		j := train.Job{Options: m.opt, Layers: []train.Layer{{Name: "bench", Shape: []int{1 << 20}}}}
		setUp, unit, err := j.Time(ctx, train.Size{Samples: s.samples, Stimuli: s.stimuli, Voxels: s.voxels}, m.units)
		if err != nil {
			return err
		}
		row := decoderRow{Method: m.name, SetUp: setUp.Seconds(), Unit: unit.Seconds() * 1e3, PerSec: 1 / unit.Seconds(), Factors: unit.Seconds() * 1e3 / m.factor}
		r.Rows = append(r.Rows, row)
		e.say("  %-24s set-up %6.2f s   %7.2f ms a unit   %7.0f units/s   %.1f factors", m.name, row.SetUp, row.Unit, row.PerSec, row.Factors)
	}
	return e.result(r)
}

// library times products and factors on all threads at once.
func library[T blas.Float](k int) (gflops, factor float64, err error) {
	const n, rounds = 1024, 4
	threads := runtime.GOMAXPROCS(0)
	fill := func(n int) []T {
		v := make([]T, n*n)
		for i := range n {
			for j := range n {
				v[i*n+j] = T(1 / float64(1+i+j))
			}
			v[i*n+i] += T(n)
		}
		return v
	}
	each := func(work func() error) (time.Duration, error) {
		var wg sync.WaitGroup
		failed := make([]error, threads)
		begun := time.Now()
		for i := range threads {
			wg.Go(func() { failed[i] = work() })
		}
		wg.Wait()
		took := time.Since(begun)
		for _, err := range failed {
			if err != nil {
				return 0, err
			}
		}
		return took, nil
	}
	a := fill(n)
	took, err := each(func() error {
		c := make([]T, n*n)
		for range rounds {
			if err := blas.Gemm(false, false, 1, blas.Of(n, n, a), blas.Of(n, n, a), 0, blas.Of(n, n, c)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	gflops = 2 * n * n * n * rounds * float64(threads) / took.Seconds() / 1e9
	s := fill(k)
	const factors = 50
	took, err = each(func() error {
		c := make([]T, k*k)
		for range factors {
			copy(c, s)
			if err := blas.Potrf(blas.Of(k, k, c)); err != nil {
				return err
			}
		}
		return nil
	})
	return gflops, took.Seconds() * 1e3 / float64(factors*threads), err
}
