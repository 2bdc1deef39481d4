package eval

import (
	"math"
	"runtime"
	"sync"
)

// cross gathers the correlations between rows of x and rows of y over columns
// that stream past: means, sums of squares and of products about the means, each
// piece centred by itself and merged as Chan, Golub & LeVeque (1983) do, so that
// large means cost no digits. Rows that are alike to the bit have sums that are
// alike to the bit.
type cross struct {
	// with are the rows of y that row i of x is correlated with; nil is all.
	with   []int
	n      float64
	x, y   rowSums
	xy     []float64 // [row of x][row of y], or [row of x] where with is set
	dx, dy []float64
}

// rowSums are the sums of each row by itself.
type rowSums struct {
	mean, ss, first []float64
	varies          []bool
}

func newRows(n int) rowSums {
	return rowSums{mean: make([]float64, n), ss: make([]float64, n), first: make([]float64, n), varies: make([]bool, n)}
}

func newCross(x, y int, with []int) *cross {
	c := &cross{with: with, x: newRows(x), y: newRows(y), dx: make([]float64, x), dy: make([]float64, y)}
	if with != nil {
		c.xy = make([]float64, x)
	} else {
		c.xy = make([]float64, x*y)
	}
	return c
}

// add takes k more columns; x and y hold k values of each row and are centred in place.
func (c *cross) add(x, y [][]float64) {
	k := float64(len(x[0]))
	f := c.n * k / (c.n + k)
	c.x.add(x, c.n, k, c.dx)
	c.y.add(y, c.n, k, c.dy)
	var wg sync.WaitGroup
	workers := min(len(x), runtime.GOMAXPROCS(0))
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(x); i += workers {
				if c.with != nil {
					j := c.with[i]
					c.xy[i] += dot(x[i], y[j]) + c.dx[i]*c.dy[j]*f
					continue
				}
				out := c.xy[i*len(y) : (i+1)*len(y)]
				for j := range y {
					out[j] += dot(x[i], y[j]) + c.dx[i]*c.dy[j]*f
				}
			}
		})
	}
	wg.Wait()
	c.n += k
}

// add merges k columns into n; d is by how much the new means differ from the old.
func (r *rowSums) add(rows [][]float64, n, k float64, d []float64) {
	for i, v := range rows {
		if n == 0 {
			r.first[i] = v[0]
		}
		sum := 0.0
		for _, x := range v {
			sum += x
			r.varies[i] = r.varies[i] || x != r.first[i]
		}
		mean := sum / k
		for j := range v {
			v[j] -= mean
		}
		d[i] = mean - r.mean[i]
		r.ss[i] += dot(v, v) + d[i]*d[i]*n*k/(n+k)
		r.mean[i] += d[i] * k / (n + k)
	}
}

// of is the correlation of row i of x with row j of y; NaN where one is constant.
// Where with is set, j is with[i].
func (c *cross) of(i, j int) float64 {
	if !c.x.varies[i] || !c.y.varies[j] {
		return math.NaN()
	}
	at := i
	if c.with == nil {
		at = i*len(c.y.mean) + j
	}
	r := c.xy[at] / (math.Sqrt(c.x.ss[i]) * math.Sqrt(c.y.ss[j]))
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return math.NaN()
	}
	return max(-1, min(1, r))
}

// dot sums in one order whatever the vectors' place in memory.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	for len(a) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i := range a {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}
