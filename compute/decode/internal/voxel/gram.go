package voxel

import (
	"context"
	"sync"
	"sync/atomic"

	"reverie/compute/blas"
)

const (
	Tile       = 512 // voxels along a side of the blocks in which products of voxels are computed
	sumSamples = 768 // samples whose products float32 sums before float64 takes over
)

// Accumulate sets into to aᵀ·b; part, as large, is used in single precision
// alone, whose products are summed in float64 every sumSamples rows.
func Accumulate[T blas.Float](a, b blas.Matrix[T], into []float64, part []T) error {
	n := a.Cols * b.Cols
	if whole, double := any(into[:n]).([]T); double {
		return blas.Gemm(true, false, 1, a, b, 0, blas.Of(a.Cols, b.Cols, whole))
	}
	out := blas.Of(a.Cols, b.Cols, part[:n])
	for from := 0; from < a.Rows; from += sumSamples {
		rows := min(sumSamples, a.Rows-from)
		p, q := a, b
		p.Rows, q.Rows = rows, rows
		p.Data, q.Data = a.Data[from*a.Stride:], b.Data[from*b.Stride:]
		if err := blas.Gemm(true, false, 1, p, q, 0, out); err != nil {
			return err
		}
		if from == 0 {
			for i, x := range part[:n] {
				into[i] = float64(x)
			}
			continue
		}
		for i, x := range part[:n] {
			into[i] += float64(x)
		}
	}
	return nil
}

// Partial is the room that Accumulate needs for n results.
func Partial[T blas.Float](n int) []T {
	var x T
	if _, double := any(x).(float64); double {
		return nil
	}
	return make([]T, n)
}

// Products is the triangle of xᵀx + alpha·I + c·m·mᵀ, computed tile by tile by all workers.
func Products[T blas.Float](ctx context.Context, x blas.Matrix[T], mean []float64, alpha, c float64, workers int) (*blas.Triangle[T], error) {
	d := x.Cols
	t := blas.NewTriangle[T](d)
	side := (d + Tile - 1) / Tile
	var next atomic.Int64
	var once sync.Once
	var failed error
	var wg sync.WaitGroup
	for range min(workers, side*(side+1)/2) {
		wg.Go(func() {
			room := min(Tile, d) * min(Tile, d)
			into, part := make([]float64, room), Partial[T](room)
			for {
				at := int(next.Add(1) - 1)
				if at >= side*side {
					return
				}
				if err := context.Cause(ctx); err != nil {
					once.Do(func() { failed = err })
					return
				}
				if at/side > at%side {
					continue
				}
				i, j := at/side*Tile, at%side*Tile
				rows, cols := min(Tile, d-i), min(Tile, d-j)
				a, b := x, x
				a.Cols, a.Data = rows, x.Data[i:]
				b.Cols, b.Data = cols, x.Data[j:]
				if err := Accumulate(a, b, into, part); err != nil {
					once.Do(func() { failed = err })
					return
				}
				for r := range rows {
					v := i + r
					row := t.Row(v)
					for q, s := range into[r*cols : r*cols+cols] {
						u := j + q
						switch {
						case u < v:
							continue
						case u == v:
							s += alpha
						}
						row[u-v] = T(s + c*mean[v]*mean[u])
					}
				}
			}
		})
	}
	wg.Wait()
	return &t, failed
}
