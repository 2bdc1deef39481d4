package recon

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// memory is the compact form of the limited-memory matrix
//
//	B = θI − W M Wᵀ,   W = [Y θS],   M = [ −D  Lᵀ ; L  θSᵀS ]⁻¹
//
// with the last col pairs s = x′−x, y = g′−g, oldest first; D and L are the
// diagonal and the strictly lower part of SᵀY. The columns are n long, the
// matrices m×m, row-major with stride m.
type memory struct {
	m, col int
	theta  float64
	s, y   [][]float64
	sy, ss []float64 // SᵀY (lower part and diagonal), SᵀS
	j      []float64 // lower Cholesky factor of θSᵀS + L D⁻¹ Lᵀ
}

func newMemory(n, m int) memory {
	return memory{
		m: m, theta: 1, s: make([][]float64, 0, m), y: make([][]float64, 0, m),
		sy: make([]float64, m*m), ss: make([]float64, m*m), j: make([]float64, m*m),
	}
}

func (a *memory) reset() { a.col, a.theta = 0, 1 }

// add copies a pair, dropping the oldest when full; sTy is s·y.
func (a *memory) add(s, y []float64, sTy float64) {
	if a.col == a.m {
		a.col--
		rotate(a.s)
		rotate(a.y)
		shift(a.sy, a.m)
		shift(a.ss, a.m)
	}
	k := a.col
	a.col++
	if k == len(a.s) {
		a.s = append(a.s, make([]float64, len(s)))
		a.y = append(a.y, make([]float64, len(y)))
	}
	copy(a.s[k], s)
	copy(a.y[k], y)
	row := a.sy[k*a.m : k*a.m+a.col]
	srow := a.ss[k*a.m : k*a.m+a.col]
	clear(row)
	clear(srow)
	yy := 0.0
	for from, to := range blocks(len(s)) {
		sb := a.s[k][from:to]
		yy += floats.Dot(y[from:to], y[from:to])
		for i := range row {
			row[i] += floats.Dot(sb, a.y[i][from:to])
			srow[i] += floats.Dot(sb, a.s[i][from:to])
		}
	}
	for i := range k {
		a.ss[i*a.m+k] = srow[i]
	}
	row[k] = sTy
	a.theta = yy / sTy
}

// factor makes j; false where the matrix is not positive definite.
func (a *memory) factor() bool {
	m := a.m
	for i := range a.col {
		for k := range i + 1 {
			sum := a.theta * a.ss[i*m+k]
			for q := range k {
				sum += a.sy[i*m+q] * a.sy[k*m+q] / a.sy[q*m+q]
			}
			a.j[i*m+k] = sum
		}
	}
	return cholesky(a.j, m, a.col)
}

// middle computes p = M v; both have 2·col values, the Y part first.
func (a *memory) middle(p, v []float64) {
	m, col := a.m, a.col
	sy := a.sy
	for i := range col {
		sum := v[col+i]
		for k := range i {
			sum += sy[i*m+k] * v[k] / sy[k*m+k]
		}
		p[col+i] = sum
	}
	solveLower(a.j, m, col, p[col:])
	solveLowerT(a.j, m, col, p[col:])
	for i := range col {
		sum := -v[i]
		for k := i + 1; k < col; k++ {
			sum += sy[k*m+i] * p[col+k]
		}
		p[i] = sum / sy[i*m+i]
	}
}

// project computes p = Wᵀ v.
func (a *memory) project(p, v []float64) {
	p = p[:2*a.col]
	clear(p)
	for from, to := range blocks(len(v)) {
		a.projectBlock(p, v[from:to], from, to)
	}
	floats.Scale(a.theta, p[a.col:])
}

func (a *memory) projectBlock(p, v []float64, from, to int) {
	for k := range a.col {
		p[k] += floats.Dot(a.y[k][from:to], v)
		p[a.col+k] += floats.Dot(a.s[k][from:to], v)
	}
}

// blockLen values of a few vectors fit the first cache, so that a pass reads each column once from memory.
const blockLen = 1024

// blocks yields the bounds of consecutive blocks of n values.
func blocks(n int) func(func(from, to int) bool) {
	return func(yield func(int, int) bool) {
		for from := 0; from < n; from += blockLen {
			if !yield(from, min(from+blockLen, n)) {
				return
			}
		}
	}
}

// rotate moves the first column to the end.
func rotate(cols [][]float64) {
	first := cols[0]
	copy(cols, cols[1:])
	cols[len(cols)-1] = first
}

// shift moves an m×m matrix one row up and one column left.
func shift(a []float64, m int) {
	for i := 1; i < m; i++ {
		copy(a[(i-1)*m:(i-1)*m+m-1], a[i*m+1:i*m+m])
	}
}

// cholesky factors the lower part of the n×n matrix a (stride m) in place; false where it is not positive definite.
func cholesky(a []float64, m, n int) bool {
	for i := range n {
		for k := range i {
			a[i*m+k] = (a[i*m+k] - floats.Dot(a[i*m:i*m+k], a[k*m:k*m+k])) / a[k*m+k]
		}
		d := a[i*m+i] - floats.Dot(a[i*m:i*m+i], a[i*m:i*m+i])
		if !(d > 0) || math.IsInf(d, 1) {
			return false
		}
		a[i*m+i] = math.Sqrt(d)
	}
	return true
}

// solveLower solves a x = b in place, a lower triangular.
func solveLower(a []float64, m, n int, b []float64) {
	for i := range n {
		b[i] = (b[i] - floats.Dot(a[i*m:i*m+i], b[:i])) / a[i*m+i]
	}
}

// solveLowerT solves aᵀ x = b in place, a lower triangular.
func solveLowerT(a []float64, m, n int, b []float64) {
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			b[i] -= a[k*m+i] * b[k]
		}
		b[i] /= a[i*m+i]
	}
}
