package recon

import "gonum.org/v1/gonum/floats"

// subspace holds what the minimisation over the free variables needs: inner
// products of the pairs over the free (Z) and the bound variables (A), kept up
// to date by the variables that change sides, and the factors of
//
//	K = M⁻¹ − WᵀZZᵀW/θ = [ −D − YᵀZZᵀY/θ   (L_A − R_Z)ᵀ ; L_A − R_Z   θSᵀAAᵀS ]
//
// where L_A is the strictly lower part of SᵀAAᵀY and R_Z the upper part with
// the diagonal of SᵀZZᵀY. Matrices are m×m, row-major.
type subspace struct {
	m    int
	col  int    // pairs that the products below hold
	free []bool // the free set of the products
	yy   []float64
	ss   []float64
	sy   []float64 // upper part over Z, strictly lower part over A
	// K = [ −G Gᵀ  −G E ; −Eᵀ Gᵀ  H Hᵀ − Eᵀ E ] with lower triangular G and H.
	g, e, h []float64
	masked  []float64
	bound   []int32 // the bound variables
}

func newSubspace(n, m int) subspace {
	mat := func() []float64 { return make([]float64, m*m) }
	return subspace{
		m: m, free: make([]bool, n), yy: mat(), ss: mat(), sy: mat(), g: mat(), e: mat(), h: mat(),
		masked: make([]float64, n), bound: make([]int32, 0, n),
	}
}

func (s *subspace) reset() { s.col = 0 }

// drop forgets the oldest of col pairs.
func (s *subspace) drop(col int) {
	s.col = min(s.col, col)
	if s.col == 0 {
		return
	}
	s.col--
	shift(s.yy, s.m)
	shift(s.ss, s.m)
	shift(s.sy, s.m)
}

// update brings the products to the pairs of a and to the free set in where, and factors K; false where it fails.
func (s *subspace) update(a *memory, where []int8) bool {
	changed := 0
	s.bound = s.bound[:0]
	for i, w := range where {
		if s.free[i] != (w <= 0) {
			changed++
		}
		if w > 0 {
			s.bound = append(s.bound, int32(i))
		}
	}
	// Column by column is cheaper than variable by variable when many change.
	if changed > len(where)/8 {
		s.col = 0
	}
	if changed > 0 {
		for i, w := range where {
			if now := w <= 0; s.free[i] != now {
				s.free[i] = now
				s.change(a, i, now)
			}
		}
	}
	for ; s.col < a.col; s.col++ {
		s.append(a, s.col)
	}
	return s.factor(a)
}

// change moves variable i to the free or the bound side.
func (s *subspace) change(a *memory, i int, free bool) {
	sign := -1.0
	if free {
		sign = 1
	}
	for p := range s.col {
		yp, sp := sign*a.y[p][i], sign*a.s[p][i]
		for q := range p + 1 {
			yq, sq := a.y[q][i], a.s[q][i]
			s.yy[p*s.m+q] += yp * yq
			s.ss[p*s.m+q] -= sp * sq
			s.sy[q*s.m+p] += sq * yp
			if q < p {
				s.sy[p*s.m+q] -= sp * yq
			}
		}
	}
}

// append adds the products of pair k with those before it.
func (s *subspace) append(a *memory, k int) {
	m := s.m
	for q := range k + 1 {
		s.yy[k*m+q], s.ss[k*m+q], s.sy[k*m+q], s.sy[q*m+k] = 0, 0, 0, 0
	}
	copy(s.masked, a.y[k])
	for _, i := range s.bound {
		s.masked[i] = 0
	}
	for from, to := range blocks(len(s.masked)) {
		yz := s.masked[from:to]
		for q := range k + 1 {
			s.yy[k*m+q] += floats.Dot(yz, a.y[q][from:to])
			s.sy[q*m+k] += floats.Dot(yz, a.s[q][from:to])
		}
	}
	for q := range k + 1 {
		sk, sq, yq := a.s[k], a.s[q], a.y[q]
		var ss, sy float64
		for _, i := range s.bound {
			ss += sk[i] * sq[i]
			sy += sk[i] * yq[i]
		}
		s.ss[k*m+q] = ss
		if q < k {
			s.sy[k*m+q] = sy
		}
	}
}

func (s *subspace) factor(a *memory) bool {
	m, col := s.m, a.col
	for i := range col {
		for k := range i + 1 {
			s.g[i*m+k] = s.yy[i*m+k] / a.theta
		}
		s.g[i*m+i] += a.sy[i*m+i]
	}
	if !cholesky(s.g, m, col) {
		return false
	}
	// E = G⁻¹ (R_Z − L_A)ᵀ, kept by columns: e[k·m:] is column k.
	for k := range col {
		e := s.e[k*m : k*m+col]
		for i := range e {
			e[i] = s.sy[k*m+i]
			if i < k {
				e[i] = -e[i]
			}
		}
		solveLower(s.g, m, col, e)
	}
	for i := range col {
		for k := range i + 1 {
			s.h[i*m+k] = a.theta*s.ss[i*m+k] + floats.Dot(s.e[i*m:i*m+col], s.e[k*m:k*m+col])
		}
	}
	return cholesky(s.h, m, col)
}

// solve replaces v by K⁻¹ v.
func (s *subspace) solve(v []float64) {
	m, col := s.m, len(v)/2
	p, q := v[:col], v[col:]
	solveLower(s.g, m, col, p)
	for k := range q {
		q[k] -= floats.Dot(s.e[k*m:k*m+col], p)
	}
	solveLower(s.h, m, col, q)
	solveLowerT(s.h, m, col, q)
	for k, b := range q {
		floats.AddScaled(p, b, s.e[k*m:k*m+col])
	}
	solveLowerT(s.g, m, col, p)
	floats.Scale(-1, p)
}

// direction sets z to the minimiser of the model in the box, as version 3.0
// approximates it; false where a small matrix is not positive definite.
func (o *LBFGSB) direction() bool {
	unbounded := !o.constrained && o.mem.col > 0
	if unbounded {
		copy(o.z, o.x)
	} else {
		o.cauchy()
	}
	if o.mem.col == 0 {
		return true
	}
	if !o.sub.update(&o.mem, o.where) {
		return false
	}
	if len(o.sub.bound) == o.n {
		return true
	}
	o.newton(unbounded)
	if unbounded {
		floats.Add(o.z, o.oldG)
		return true
	}
	o.intoBox()
	return true
}

// newton sets oldG to the step from z to the minimiser over the free variables
// (zero elsewhere), by Sherman–Morrison–Woodbury: with r the reduced negative
// gradient of the model at z, d = r/θ + ZᵀW K⁻¹ WᵀZ r / θ².
func (o *LBFGSB) newton(atX bool) {
	a := &o.mem
	col := a.col
	wv, mc := o.wbp[:2*col], o.v[:2*col]
	if !atX {
		a.middle(mc, o.c[:2*col])
		floats.Scale(a.theta, mc[col:])
	}
	clear(wv)
	for from, to := range blocks(o.n) {
		r := o.oldG[from:to]
		for i := range r {
			r[i] = -a.theta*(o.z[from+i]-o.x[from+i]) - o.g[from+i]
		}
		if !atX {
			for k := range col {
				floats.AddScaled(r, mc[k], a.y[k][from:to])
				floats.AddScaled(r, mc[col+k], a.s[k][from:to])
			}
			for i, w := range o.where[from:to] {
				if w > 0 {
					r[i] = 0
				}
			}
		}
		a.projectBlock(wv, r, from, to)
	}
	floats.Scale(a.theta, wv[col:])
	o.sub.solve(wv)
	floats.Scale(1/a.theta, wv[:col])
	for from, to := range blocks(o.n) {
		d := o.oldG[from:to]
		for k := range col {
			floats.AddScaled(d, wv[k], a.y[k][from:to])
			floats.AddScaled(d, wv[col+k], a.s[k][from:to])
		}
		floats.Scale(1/a.theta, d)
		for i, w := range o.where[from:to] {
			if w > 0 {
				d[i] = 0
			}
		}
	}
}

// intoBox moves z by the step in oldG, projected on the box; where the result
// is no descent direction, the step is shortened instead (Morales & Nocedal 2011).
func (o *LBFGSB) intoBox() {
	step := o.oldG
	copy(o.scratch, o.z)
	hit := false
	slope := 0.0
	for i, w := range o.where {
		if w <= 0 {
			z := min(max(o.z[i]+step[i], o.lower[i]), o.upper[i])
			if o.bound[i] != 0 && (z == o.lower[i] || z == o.upper[i]) {
				hit = true
			}
			o.z[i] = z
		}
		slope += (o.z[i] - o.x[i]) * o.g[i]
	}
	if !hit || slope <= 0 {
		return
	}
	copy(o.z, o.scratch)
	alpha, blocking := 1.0, -1
	for i, w := range o.where {
		if w > 0 {
			continue
		}
		limit := alpha
		switch d := step[i]; {
		case d < 0 && o.bound[i]&hasLower != 0:
			if room := o.lower[i] - o.z[i]; room >= 0 {
				limit = 0
			} else if d*alpha < room {
				limit = room / d
			}
		case d > 0 && o.bound[i]&hasUpper != 0:
			if room := o.upper[i] - o.z[i]; room <= 0 {
				limit = 0
			} else if d*alpha > room {
				limit = room / d
			}
		}
		if limit < alpha {
			alpha, blocking = limit, i
		}
	}
	if blocking >= 0 {
		if step[blocking] > 0 {
			o.z[blocking] = o.upper[blocking]
		} else {
			o.z[blocking] = o.lower[blocking]
		}
		step[blocking] = 0
	}
	floats.AddScaled(o.z, alpha, step)
}
