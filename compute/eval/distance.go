package eval

import (
	"fmt"
	"image"
	"math"
	"runtime"
	"sync"
)

// RMSE is the root of the mean squared difference over all pixels and colours of two pictures of one size, in
// values of 0 to 255. (The lab's cookbook hands bytes to scikit-learn, which before 1.6 subtracts and squares them
// modulo 256: its stored numbers are not errors.)
func RMSE(a, b *image.NRGBA) (float64, error) {
	if a.Bounds().Size() != b.Bounds().Size() {
		return 0, fmt.Errorf("root mean squared error of pictures of %v and %v: resize one first", a.Bounds().Size(), b.Bounds().Size())
	}
	p, q := Pixels(a), Pixels(b)
	if len(p) == 0 {
		return 0, fmt.Errorf("root mean squared error of empty pictures")
	}
	return distance(p, q) / math.Sqrt(float64(len(p))), nil
}

// Distances are Euclidean ones as similarities: below zero, nearer is higher. They identify as
// bdpy.evals.metrics.pairwise_identification does with metric "euclidean", which the lab's cookbook runs on pixels.
// As with Correlations, columns with a NaN in any vector are left out; left counts them.
func Distances[T Float](recon, candidates [][]T) (s Similarities, left int, err error) {
	if len(recon) == 0 || len(candidates) == 0 {
		return nil, 0, fmt.Errorf("distances of %d reconstructions from %d originals", len(recon), len(candidates))
	}
	recon, candidates, left, err = dropNaN(recon, candidates)
	if err != nil {
		return nil, left, err
	}
	s = make(Similarities, len(recon))
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(recon); i += workers {
				s[i] = make([]float64, len(candidates))
				for c, v := range candidates {
					s[i][c] = -distance(recon[i], v)
				}
			}
		})
	}
	wg.Wait()
	return s, left, nil
}

func distance[T Float](a, b []T) float64 {
	sum := 0.0
	for i, x := range a {
		d := float64(x) - float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}
