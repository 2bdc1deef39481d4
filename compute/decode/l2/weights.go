package l2

import (
	"fmt"
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

// Predict gives samples × Units values for samples × Voxels values x, both by rows.
func (w *Weights) Predict(x []float64, samples int) ([]float64, error) {
	return predict(x, samples, w.Units, w.Voxels, w.PerUnit, w.Spatial, w.Index, w.W, w.B)
}

func predict(x []float64, samples, units, voxels, k int, spatial Spatial, index []uint32, w, b []float64) ([]float64, error) {
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
					sum[i] = b[u]
				}
				if spatial == NoSpatial {
					for j, v := range of {
						c := with[j]
						for i, y := range xt[int(v)*samples : (int(v)+1)*samples] {
							sum[i] += c * y
						}
					}
				} else {
					for i := range sum {
						for j, v := range of {
							row[j] = xt[int(v)*samples+i]
						}
						if !spatial.Apply(row) {
							bad[worker] = fmt.Errorf("l2: sample %d cannot be normalised by %s over the voxels of unit %d: they are all alike", i, spatial, u)
							return
						}
						for j, y := range row {
							sum[i] += with[j] * y
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
