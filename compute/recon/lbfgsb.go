package recon

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Status tells how far a minimisation has come.
type Status uint8

const (
	// Running asks for the objective at X.
	Running Status = iota
	// Converged says that one of the two tolerances was met.
	Converged
	// Limit says that the iterations or evaluations allowed are used up.
	Limit
	// Stalled says that no step lowers the objective any further: its noise floor is reached.
	Stalled
	// Failed says that the objective or its gradient was not finite.
	Failed
)

// epsilon is 2⁻⁵², the machine precision that the Fortran code works with.
const epsilon = 0x1p-52

// LBFGSBOptions are named after scipy.optimize.minimize(method="L-BFGS-B").
type LBFGSBOptions struct {
	History        int     // correction pairs kept (maxcor); 0 is 10
	MaxIterations  int     // 0 is 15000
	MaxEvaluations int     // looked at between iterations (maxfun); 0 is 15000
	MaxLineSearch  int     // evaluations of one line search (maxls); 0 is 20
	FTol           float64 // stop when (f−f′)/max(|f|,|f′|,1) ≤ FTol
	GTol           float64 // stop when the largest component of the projected gradient ≤ GTol
	// FirstStep is by how much the variable that changes most is moved first, and
	// again wherever the pairs were forgotten; 0 moves by the gradient itself, as
	// SciPy does under bounds on every variable.
	FirstStep float64
}

// LBFGSB minimises a smooth function under box bounds by L-BFGS-B, version 3.0
// (Byrd, Lu, Nocedal & Zhu, SIAM J. Sci. Comput. 16, 1995; Zhu et al., ACM
// TOMS 23, 1997; Morales & Nocedal, ACM TOMS 38, 2011) in the form that SciPy
// runs: it visits the same points up to rounding.
//
// It is an ask/tell machine: while the status is Running, evaluate the
// objective at X and Tell the result. One value must not be used by two
// goroutines at a time; different values are independent. After the first
// History iterations Tell does not allocate.
type LBFGSB struct {
	opt               LBFGSBOptions
	n                 int
	lower, upper      []float64
	bound             []uint8 // hasLower | hasUpper
	constrained       bool    // some variable has a bound
	boxed             bool    // every variable has both
	x, g              []float64
	f                 float64
	oldX, oldG        []float64 // at the start of the line search; oldG also holds the reduced gradient before it
	oldF              float64
	z                 []float64 // Cauchy point, then the minimiser of the model
	d                 []float64 // Cauchy direction, then z − x
	scratch           []float64 // break points, then the Cauchy point
	where             []int8    // see the constants at cauchy
	order             []int32   // heap of break points
	mem               memory
	sub               subspace
	p, c, wbp, v      []float64 // 2·History each
	search            lineSearch
	trials            int
	slope0, dnorm     float64
	projected         float64 // largest component of the projected gradient
	started           bool
	iterations, evals int
	status            Status
	reason            string
	bestX             []float64
	bestF             float64
}

const (
	hasLower uint8 = 1
	hasUpper uint8 = 2
)

// NewLBFGSB starts a minimisation at x0, moved into the box where it lies
// outside. lower and upper have the length of x0 or are nil; infinite entries
// mean no bound. The slices are copied.
func NewLBFGSB(x0, lower, upper []float64, opt LBFGSBOptions) (*LBFGSB, error) {
	n := len(x0)
	if n == 0 {
		return nil, fmt.Errorf("l-bfgs-b: no variables")
	}
	for _, b := range [...][]float64{lower, upper} {
		if b != nil && len(b) != n {
			return nil, fmt.Errorf("l-bfgs-b: %d bounds for %d variables", len(b), n)
		}
	}
	for _, k := range [...]int{opt.History, opt.MaxIterations, opt.MaxEvaluations, opt.MaxLineSearch} {
		if k < 0 {
			return nil, fmt.Errorf("l-bfgs-b: history and limits must not be negative, got %d", k)
		}
	}
	if !(opt.FirstStep >= 0) || !finite(opt.FirstStep) {
		return nil, fmt.Errorf("l-bfgs-b: first step %g, want 0 or more", opt.FirstStep)
	}
	if !(opt.FTol >= 0) || !(opt.GTol >= 0) {
		return nil, fmt.Errorf("l-bfgs-b: tolerances must be 0 or more, got ftol %g and gtol %g", opt.FTol, opt.GTol)
	}
	opt.History = orDefault(opt.History, 10)
	opt.MaxIterations = orDefault(opt.MaxIterations, 15000)
	opt.MaxEvaluations = orDefault(opt.MaxEvaluations, 15000)
	opt.MaxLineSearch = orDefault(opt.MaxLineSearch, 20)
	vec := func() []float64 { return make([]float64, n) }
	o := &LBFGSB{
		opt: opt, n: n, boxed: true, bestF: math.Inf(1),
		lower: vec(), upper: vec(), bound: make([]uint8, n),
		x: append([]float64(nil), x0...), g: vec(), oldX: vec(), oldG: vec(),
		z: vec(), d: vec(), scratch: vec(), bestX: vec(),
		where: make([]int8, n), order: make([]int32, 0, n),
		mem: newMemory(n, opt.History), sub: newSubspace(n, opt.History),
	}
	small := make([]float64, 8*opt.History)
	for i, v := range [...]*[]float64{&o.p, &o.c, &o.wbp, &o.v} {
		*v = small[2*i*opt.History : 2*(i+1)*opt.History]
	}
	for i := range o.x {
		if err := o.setBound(i, lower, upper); err != nil {
			return nil, err
		}
	}
	copy(o.bestX, o.x)
	return o, nil
}

func orDefault(v, d int) int {
	if v == 0 {
		return d
	}
	return v
}

func (o *LBFGSB) setBound(i int, lower, upper []float64) error {
	l, u := math.Inf(-1), math.Inf(1)
	if lower != nil {
		l = lower[i]
	}
	if upper != nil {
		u = upper[i]
	}
	if !(l <= u) || math.IsInf(l, 1) || math.IsInf(u, -1) {
		return fmt.Errorf("l-bfgs-b: variable %d has bounds %g … %g", i, l, u)
	}
	if math.IsNaN(o.x[i]) || math.IsInf(o.x[i], 0) {
		return fmt.Errorf("l-bfgs-b: start value %d is %g", i, o.x[i])
	}
	o.lower[i], o.upper[i] = l, u
	if !math.IsInf(l, -1) {
		o.bound[i] |= hasLower
	}
	if !math.IsInf(u, 1) {
		o.bound[i] |= hasUpper
	}
	o.x[i] = min(max(o.x[i], l), u)
	switch {
	case o.bound[i] == 0:
		o.where[i] = unbounded
	case l == u:
		o.where[i] = fixed
	}
	o.constrained = o.constrained || o.bound[i] != 0
	o.boxed = o.boxed && o.bound[i] == hasLower|hasUpper
	return nil
}

// X is the point to evaluate; valid until the next Tell and not to be changed.
func (o *LBFGSB) X() []float64 { return o.x }

// Best is the evaluated point with the lowest objective and that objective
// (+Inf and the start before the first Tell). The slice is overwritten by later calls of Tell.
func (o *LBFGSB) Best() ([]float64, float64) { return o.bestX, o.bestF }

// Iterations counts the accepted steps. When Tell raises it, the point just told was accepted.
func (o *LBFGSB) Iterations() int { return o.iterations }

// Evaluations counts the calls of Tell.
func (o *LBFGSB) Evaluations() int { return o.evals }

// Status is what the last Tell returned; Running before the first.
func (o *LBFGSB) Status() Status { return o.status }

// Reason says in words why the minimisation ended; empty while it runs.
func (o *LBFGSB) Reason() string { return o.reason }

// Tell gives the objective and its gradient at X (copied) and moves on to the next point.
func (o *LBFGSB) Tell(f float64, g []float64) Status {
	if o.status != Running {
		return o.status
	}
	o.evals++
	if !finite(f) {
		return o.end(Failed, "the loss became %g at evaluation %d", f, o.evals)
	}
	if len(g) != o.n {
		return o.end(Failed, "the gradient has %d values for %d variables", len(g), o.n)
	}
	for i, v := range g {
		if !finite(v) {
			return o.end(Failed, "the gradient became %g at value %d of evaluation %d", v, i, o.evals)
		}
	}
	o.f = f
	copy(o.g, g)
	if f < o.bestF {
		o.bestF = f
		copy(o.bestX, o.x)
	}
	if !o.started {
		o.started = true
		o.projected = o.projectedGradient()
		if o.projected <= o.opt.GTol {
			return o.end(Converged, "the gradient vanished at the start (%.3g ≤ gtol %.3g)", o.projected, o.opt.GTol)
		}
		return o.nextSearch()
	}
	switch o.search.next(f, floats.Dot(o.g, o.d)) {
	case searchMore:
		if o.trial() {
			return Running
		}
	case searchDone:
		return o.accept()
	}
	if !o.restart() {
		return o.stall()
	}
	return o.nextSearch()
}

// accept takes the point of the finished line search as the new iterate.
func (o *LBFGSB) accept() Status {
	o.iterations++
	o.projected = o.projectedGradient()
	// SciPy looks at the limits before the tolerances.
	if o.iterations >= o.opt.MaxIterations {
		return o.end(Limit, "all %d iterations done", o.iterations)
	}
	if o.evals > o.opt.MaxEvaluations {
		return o.end(Limit, "more than %d evaluations", o.opt.MaxEvaluations)
	}
	if o.projected <= o.opt.GTol {
		return o.end(Converged, "the gradient vanished (%.3g ≤ gtol %.3g)", o.projected, o.opt.GTol)
	}
	if drop := o.oldF - o.f; drop <= o.opt.FTol*max(math.Abs(o.oldF), math.Abs(o.f), 1) {
		if o.opt.FTol == 0 {
			return o.end(Stalled, "the loss no longer falls: its rounding limit is reached")
		}
		return o.end(Converged, "the loss fell by %.3g only (ftol %.3g)", drop, o.opt.FTol)
	}
	o.remember()
	return o.nextSearch()
}

// nextSearch finds a direction and the first trial point along it.
func (o *LBFGSB) nextSearch() Status {
	for {
		if o.opt.FirstStep > 0 && o.mem.col == 0 {
			o.mem.theta = o.projected / o.opt.FirstStep
		}
		if !o.direction() {
			// The small matrices are not positive definite: forget the pairs. Without pairs there are no matrices.
			o.mem.reset()
			o.sub.reset()
			continue
		}
		if o.startSearch() {
			return Running
		}
		if !o.restart() {
			return o.stall()
		}
	}
}

func (o *LBFGSB) stall() Status {
	return o.end(Stalled, "no step lowers the loss any further (line search of %d evaluations)", o.trials)
}

func (o *LBFGSB) end(s Status, format string, args ...any) Status {
	o.status, o.reason = s, fmt.Sprintf(format, args...)
	return s
}

func finite(v float64) bool { return v-v == 0 }
