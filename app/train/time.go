package train

import (
	"context"
	"math/rand/v2"
	"time"
)

// Time fits units of noise for samples of a size with the job's options: the
// set-up that units share, and the time of a unit.
func (j *Job) Time(ctx context.Context, s Size, units int) (setUp, unit time.Duration, err error) {
	if err := j.Options.check(); err != nil {
		return 0, 0, err
	}
	s.Stimuli = max(1, min(s.Stimuli, s.Samples))
	r := rand.New(rand.NewPCG(1, 1))
	z := make([]float64, s.Samples*s.Voxels)
	for i := range z {
		z[i] = r.NormFloat64()
	}
	of := make([]int, s.Samples)
	for i := range of {
		of[i] = i % s.Stimuli
	}
	y := &targets{rows: make([][]float32, s.Stimuli), mean: make([]float64, units), norm: make([]float64, units)}
	for i := range y.rows {
		y.rows[i] = make([]float32, units)
		for u := range y.rows[i] {
			y.rows[i][u] = float32(r.NormFloat64())
		}
	}
	for u := range y.norm {
		y.norm[u] = 1
	}
	begun := time.Now()
	f, err := j.fitterOf(ctx, z, s.Samples, s.Voxels, of)
	if err != nil {
		return 0, 0, err
	}
	setUp, begun = time.Since(begun), time.Now()
	if _, _, err := f.fit(ctx, y); err != nil {
		return 0, 0, err
	}
	return setUp, time.Since(begun) / time.Duration(units), nil
}
