package l2

import (
	"fmt"
	"math"
	"runtime"
	"sync"
)

// Weights are decoders of units First … First+Units−1, sparse: unit u has the
// weight W[u·PerUnit+i] for voxel Index[u·PerUnit+i], the voxels in rising order, and the bias B[u].
type Weights struct {
	First, Units    int
	Voxels, PerUnit int
	Spatial         Spatial // to be applied to a sample over each unit's voxels
	Index           []uint32
	W, B            []float64
}

// Compact are Weights as they are kept: six bytes a weight, eight where there
// are more than 65,536 voxels. One of Short and Long holds the voxels.
type Compact struct {
	First, Units    int
	Voxels, PerUnit int
	Spatial         Spatial
	Short           []uint16
	Long            []uint32
	W, B            []float32
}

// Compact rounds the weights to single precision.
func (w *Weights) Compact() *Compact {
	c := &Compact{First: w.First, Units: w.Units, Voxels: w.Voxels, PerUnit: w.PerUnit, Spatial: w.Spatial,
		W: make([]float32, len(w.W)), B: make([]float32, len(w.B))}
	for i, x := range w.W {
		c.W[i] = float32(x)
	}
	for i, x := range w.B {
		c.B[i] = float32(x)
	}
	if w.Voxels > math.MaxUint16+1 {
		c.Long = append([]uint32(nil), w.Index...)
		return c
	}
	c.Short = make([]uint16, len(w.Index))
	for i, v := range w.Index {
		c.Short[i] = uint16(v)
	}
	return c
}

// Predict gives samples × Units values for samples × Voxels values x, both by rows.
func (w *Weights) Predict(x []float64, samples int) ([]float64, error) {
	return predict(x, samples, w.Units, w.Voxels, w.PerUnit, w.Spatial, w.Index, w.W, w.B)
}

// Predict gives samples × Units values for samples × Voxels values x, both by rows.
func (c *Compact) Predict(x []float64, samples int) ([]float64, error) {
	if c.Long != nil {
		return predict(x, samples, c.Units, c.Voxels, c.PerUnit, c.Spatial, c.Long, c.W, c.B)
	}
	return predict(x, samples, c.Units, c.Voxels, c.PerUnit, c.Spatial, c.Short, c.W, c.B)
}

func predict[I uint16 | uint32, T float32 | float64](x []float64, samples, units, voxels, k int, spatial Spatial, index []I, w, b []T) ([]float64, error) {
	switch {
	case samples < 0 || voxels < 1 || len(x)/voxels != samples || len(x)%voxels != 0:
		return nil, fmt.Errorf("l2: %d values for %d samples of %d voxels: choose the ROI that the decoders were trained on", len(x), samples, voxels)
	case units < 0 || k < 1 || len(b) != units || len(w)/k != units || len(w)%k != 0 || len(index) != len(w):
		return nil, fmt.Errorf("l2: %d weights for %d voxels and %d biases of %d units with %d voxels each", len(w), len(index), len(b), units, k)
	}
	for i, v := range index {
		if int(v) >= voxels {
			return nil, fmt.Errorf("l2: unit %d has a weight for voxel %d of %d", i/k, v, voxels)
		}
	}
	if err := spatial.check(); err != nil {
		return nil, err
	}
	// By voxels, so that one weight meets all samples in a row.
	xt := make([]float64, len(x))
	for i := range samples {
		for v, y := range x[i*voxels : (i+1)*voxels] {
			xt[v*samples+i] = y
		}
	}
	out := make([]float64, samples*units)
	workers := max(1, min(runtime.GOMAXPROCS(0), units))
	bad := make([]error, workers)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			sum, row := make([]float64, samples), make([]float64, k)
			for u := worker * units / workers; u < (worker+1)*units/workers; u++ {
				of, with := index[u*k:(u+1)*k], w[u*k:(u+1)*k]
				for i := range sum {
					sum[i] = float64(b[u])
				}
				if spatial == NoSpatial {
					for j, v := range of {
						c := float64(with[j])
						for i, y := range xt[int(v)*samples : (int(v)+1)*samples] {
							sum[i] += c * y
						}
					}
				} else {
					for i := range sum {
						for j, v := range of {
							row[j] = xt[int(v)*samples+i]
						}
						if !spatial.apply(row) {
							bad[worker] = fmt.Errorf("l2: sample %d cannot be normalised by %s over the voxels of unit %d: they are all alike", i, spatial, u)
							return
						}
						for j, y := range row {
							sum[i] += float64(with[j]) * y
						}
					}
				}
				for i, s := range sum {
					out[i*units+u] = s
				}
			}
		})
	}
	wg.Wait()
	for _, err := range bad {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
