package slr

import (
	"math"

	"reverie/compute/blas"
)

// After some iterations most variances hardly change and some decay. Then the
// inverse P of K at earlier variances is followed instead of a new factor:
//
//   - features that changed much since are brought up to date by a change of low
//     rank, which is exact;
//   - the others, whose 1/A differs by Δ, enter by first order. With
//     τ = Δ/(1+ΔP_ii), exact for one of them alone, the diagonal of K⁻¹ becomes
//     P_jj − Σ P_ij²τ_i, and w solves w = Ph − P(Δ∘w), some steps of it.
//
// With ρ_ij² = P_ij²/(P_ii·P_jj) and r_i = τ_i·P_ii, first order leaves about
// Σ ρ_ij²r_i² of P_jj out, and (1−gain)/gain times that of the gain. Over all j
// a feature is to blame for r_i²·Σ ρ_ij²(1−gain_j)/gain_j, which is kept under
// followed. For 20 units of the size the weights are then within 1e-8 of
// those by factors alone at 20, 50 and 200 iterations (slir's own rounding is
// 2e-8 there); a followed ten times smaller gives 5e-10 for a sixth more time.
const (
	followed = 1e-7
	share    = 3     // not more than one feature of so many is brought up to date at once
	oldest   = 64    // solutions until a new factor
	least    = 1e-10 // gain under which 1/P_ii − 1/A says too little: only factors are used then
	settled  = 1e-10 // relative change that the steps for w leave to the next
	steps    = 8
)

// follower is P and what goes with it; P itself is in the solver's room.
type follower struct {
	bound    float64 // followed
	inverted bool
	stale    bool // P was changed, and what follows from it is not yet
	age      int
	square   []float64 // P², element by element, without the diagonal
	coupled  []float64 // Σ ρ_ij²(1−gain_j)/gain_j over the others
	ref      []float64 // 1/A that P belongs to
	data     []float64 // 1/P_ii − 1/A: what the data tell of each feature beside the others
	base     []float64 // P·h
	last     []float64 // A of the last solution
	delta    []float64
	tau      []float64
	sum      []float64
	moved    []int
	rows     []float64
	small    []float64
}

func newFollower(n, k int) follower {
	v := func() []float64 { return make([]float64, n) }
	m := n/share + 1
	return follower{bound: followed, square: make([]float64, n*n), coupled: v(), ref: v(), data: v(), base: v(), last: make([]float64, k), delta: v(), tau: v(), sum: v(),
		moved: make([]int, 0, n), rows: make([]float64, m*n), small: make([]float64, m*m)}
}

// factor computes w and gain by a factor of K, and keeps K's inverse where the
// variances changed little since the last solution.
func (a *ard) factor() error {
	d := a.d
	k := blas.Of(d, d, a.room)
	for i, v := range a.a {
		copy(a.room[i*d+i:(i+1)*d], a.gram[i*d+i:(i+1)*d])
		a.room[i*d+i] += 1 / v
	}
	if err := blas.RootInverse(k); err != nil {
		return err
	}
	copy(a.w, a.right)
	if err := blas.Trmv(true, k, a.w); err != nil {
		return err
	}
	if err := blas.Trmv(false, k, a.w); err != nil {
		return err
	}
	moved, low := 0, false
	for i, v := range a.a {
		s := 0.0
		for _, x := range a.room[i*d+i : (i+1)*d] {
			s += x * x
		}
		a.gain[i] = 1 - s/v
		low = low || a.gain[i] < least
		// Couplings are not known yet; a gain is about as large as the sum of them at most.
		if r := s * (1/v - 1/a.last[i]); !(r*r*a.gain[i] <= 4*a.bound) {
			moved++
		}
	}
	copy(a.last, a.a)
	if low || moved*share > d {
		return nil
	}
	if err := blas.Lauum(k); err != nil {
		return err
	}
	for i, v := range a.a {
		a.ref[i] = 1 / v
	}
	a.inverted, a.age = true, 0
	a.learn()
	return a.renew()
}

// learn sets data.
func (a *ard) learn() {
	for i, r := range a.ref[:a.d] {
		a.data[i] = max(0, 1/a.room[i*a.d+i]-r)
	}
}

// renew computes what follows from P.
func (a *ard) renew() error {
	d := a.d
	for i := range d {
		p, s := a.room[i*d+i:(i+1)*d], a.square[i*d+i:(i+1)*d]
		for j, x := range p {
			s[j] = x * x
		}
		s[0] = 0
		a.tau[i] = a.ref[i] / (max(a.data[i], least*a.ref[i]) * p[0])
	}
	if err := blas.Symv(1, blas.Of(d, d, a.square), a.tau[:d], 0, a.coupled[:d]); err != nil {
		return err
	}
	for i := range d {
		a.coupled[i] /= a.room[i*d+i]
	}
	a.stale = false
	return blas.Symv(1, blas.Of(d, d, a.room), a.right, 0, a.base[:d])
}

// follow computes w and gain from P. False means that P is too far away.
func (a *ard) follow() (bool, error) {
	d := a.d
	a.age++
	a.inverted = a.age <= oldest
	a.moved = a.moved[:0]
	a.learn()
	for i, v := range a.a {
		now := 1 / v
		a.delta[i] = now - a.ref[i]
		r := a.delta[i] / (a.data[i] + now)
		if !(r*r*a.coupled[i] <= a.bound) {
			a.moved = append(a.moved, i)
		}
		a.inverted = a.inverted && a.data[i]*v >= least
	}
	if !a.inverted || len(a.moved)*share > d {
		a.inverted = false
		return false, nil
	}
	if len(a.moved) > 0 {
		if a.inverted = a.change(); !a.inverted {
			return false, nil
		}
		a.learn()
	}
	if a.stale {
		if err := a.renew(); err != nil {
			return false, err
		}
	}
	delta, tau, sum := a.delta[:d], a.tau[:d], a.sum[:d]
	for i := range delta {
		tau[i] = delta[i] / (1 + delta[i]*a.room[i*d+i])
	}
	if err := blas.Symv(1, blas.Of(d, d, a.square), tau, 0, sum); err != nil {
		return false, err
	}
	for i, v := range a.a {
		p := a.room[i*d+i]
		if !(sum[i] < p/2) {
			a.inverted = false
			return false, nil
		}
		q := a.data[i] + sum[i]/(p*(p-sum[i]))
		a.gain[i] = v * q / (1 + v*q)
	}
	copy(a.last, a.a)
	a.inverted = a.settle()
	return a.inverted, nil
}

// settle solves w = P·h − P(Δ∘w) from the last weights, its diagonal exactly.
// It reports false where the steps do not shrink.
func (a *ard) settle() bool {
	d := a.d
	u, pu := a.tau[:d], a.sum[:d]
	last := 0.0
	for step := range steps {
		for i, w := range a.w {
			u[i] = a.delta[i] * w
		}
		if blas.Symv(1, blas.Of(d, d, a.room), u, 0, pu) != nil {
			return false
		}
		change, size := 0.0, 0.0
		for i, w := range a.w {
			p := a.room[i*d+i]
			now := (a.base[i] - pu[i] + p*u[i]) / (1 + p*a.delta[i])
			if c := math.Abs(now - w); !(c <= change) {
				change = c
			}
			size = max(size, math.Abs(now))
			a.w[i] = now
		}
		// The next step would be smaller than this one by about as much.
		if change <= settled*size || step > 0 && change < last && change*(change/last) <= settled*size {
			return true
		}
		last = change
	}
	return false
}

// change brings P up to the present variances of the moved features. It
// reports false where rounding does not let it.
func (a *ard) change() bool {
	up, down := 0, len(a.moved)
	for up < down { // those whose 1/A grew come first
		if i := a.moved[up]; a.delta[i] > 0 {
			up++
		} else {
			down--
			a.moved[up], a.moved[down] = a.moved[down], i
		}
	}
	for _, i := range a.moved {
		a.ref[i] = 1 / a.a[i]
	}
	a.stale = true
	ok := a.rank(a.moved[:up], 1) && a.rank(a.moved[up:], -1)
	for _, i := range a.moved {
		a.delta[i] = 0
	}
	return ok
}

// drop takes the features that are not kept out of P.
func (a *ard) drop() bool {
	d := a.d
	a.moved = a.moved[:0]
	for i, k := range a.keep {
		if !k {
			a.moved = append(a.moved, i)
			a.delta[i] = math.Inf(1)
		}
	}
	if len(a.moved)*share > d || !a.rank(a.moved, 1) {
		return false
	}
	a.pack(a.room, d)
	to := 0
	for i, k := range a.keep {
		if k {
			a.ref[to], a.coupled[to] = a.ref[i], a.coupled[i]
			to++
		}
	}
	a.stale = true
	return true
}

// rank changes P for the change delta of 1/A of some features, all positive
// (sign 1) or all negative (−1): P − sign·P_L·(1/|Δ| + sign·P_LL)⁻¹·P_Lᵀ.
func (a *ard) rank(of []int, sign float64) bool {
	m, d := len(of), a.d
	if m == 0 {
		return true
	}
	for r, i := range of {
		row := a.rows[r*d : (r+1)*d]
		for j := range i {
			row[j] = a.room[j*d+i]
		}
		copy(row[i:], a.room[i*d+i:(i+1)*d])
	}
	for r, i := range of {
		for c, j := range of {
			a.small[r*m+c] = sign * a.rows[r*d+j]
		}
		a.small[r*m+r] += 1 / math.Abs(a.delta[i])
	}
	small, rows := blas.Of(m, m, a.small), blas.Of(m, d, a.rows)
	return blas.Potrf(small) == nil && blas.Trsm(small, rows) == nil &&
		blas.Syrk(true, -sign, rows, 1, blas.Of(d, d, a.room)) == nil
}
