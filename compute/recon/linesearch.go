package recon

import "math"

// Constants of the line search as L-BFGS-B sets them.
const (
	searchFTol, searchGTol, searchXTol = 1e-3, 0.9, 0.1
)

type searchState uint8

const (
	searchMore searchState = iota
	searchDone
	searchError
)

// lineSearch is Moré & Thuente's search for a step that meets the strong Wolfe
// conditions (ACM TOMS 20, 1994), dcsrch and dcstep of MINPACK-2, with steps in
// [0, limit]. A search that ends with one of its warnings ends at its best step and counts as done.
type lineSearch struct {
	step, slope          float64 // the step to try; the slope last told
	limit                float64
	bracketed, first     bool // first: stage 1
	f0, g0, gtest        float64
	width, width1        float64
	stx, fx, gx          float64 // best step so far
	sty, fy, gy          float64 // other end of the interval
	lowerStep, upperStep float64
}

func (s *lineSearch) start(f, slope, step, limit float64) bool {
	if !(step > 0) || step > limit || slope >= 0 {
		return false
	}
	*s = lineSearch{
		step: step, limit: limit, first: true,
		f0: f, g0: slope, gtest: searchFTol * slope, width: limit, width1: 2 * limit,
		fx: f, gx: slope, fy: f, gy: slope, upperStep: 5 * step,
	}
	return true
}

// next takes the objective and slope at step and sets the next step.
func (s *lineSearch) next(f, g float64) searchState {
	s.slope = g
	ftest := s.f0 + s.step*s.gtest
	if s.first && f <= ftest && g >= 0 {
		s.first = false
	}
	narrow := s.bracketed && s.upperStep-s.lowerStep <= searchXTol*s.upperStep
	outside := s.bracketed && (s.step <= s.lowerStep || s.step >= s.upperStep)
	switch {
	case narrow, outside,
		s.step == s.limit && f <= ftest && g <= s.gtest,
		s.step == 0 && (f > ftest || g >= s.gtest),
		f <= ftest && math.Abs(g) <= searchGTol*-s.g0:
		return searchDone
	}
	if s.first && f <= s.fx && f > ftest {
		// Stage 1 works on the function less its Armijo line.
		fm, gm := f-s.step*s.gtest, g-s.gtest
		s.fx, s.gx = s.fx-s.stx*s.gtest, s.gx-s.gtest
		s.fy, s.gy = s.fy-s.sty*s.gtest, s.gy-s.gtest
		s.interpolate(fm, gm)
		s.fx, s.gx = s.fx+s.stx*s.gtest, s.gx+s.gtest
		s.fy, s.gy = s.fy+s.sty*s.gtest, s.gy+s.gtest
	} else {
		s.interpolate(f, g)
	}
	if s.bracketed {
		if math.Abs(s.sty-s.stx) >= 0.66*s.width1 {
			s.step = s.stx + 0.5*(s.sty-s.stx)
		}
		s.width1, s.width = s.width, math.Abs(s.sty-s.stx)
		s.lowerStep, s.upperStep = min(s.stx, s.sty), max(s.stx, s.sty)
	} else {
		s.lowerStep = s.step + 1.1*(s.step-s.stx)
		s.upperStep = s.step + 4*(s.step-s.stx)
	}
	s.step = min(max(s.step, 0), s.limit)
	if s.bracketed && (s.step <= s.lowerStep || s.step >= s.upperStep ||
		s.upperStep-s.lowerStep <= searchXTol*s.upperStep) {
		s.step = s.stx
	}
	if !finite(s.step) {
		return searchError
	}
	return searchMore
}

// interpolate is dcstep: a safeguarded cubic or quadratic step, and the interval moved.
func (s *lineSearch) interpolate(fp, dp float64) {
	stp := s.step
	sgnd := dp * math.Copysign(1, s.gx)
	var stpf float64
	switch {
	case fp > s.fx:
		// Higher value: the minimum is bracketed.
		theta := 3*(s.fx-fp)/(stp-s.stx) + s.gx + dp
		scale := max(math.Abs(theta), math.Abs(s.gx), math.Abs(dp))
		gamma := scale * math.Sqrt((theta/scale)*(theta/scale)-(s.gx/scale)*(dp/scale))
		if stp < s.stx {
			gamma = -gamma
		}
		r := ((gamma - s.gx) + theta) / (((gamma - s.gx) + gamma) + dp)
		stpc := s.stx + r*(stp-s.stx)
		stpq := s.stx + ((s.gx/((s.fx-fp)/(stp-s.stx)+s.gx))/2)*(stp-s.stx)
		if math.Abs(stpc-s.stx) <= math.Abs(stpq-s.stx) {
			stpf = stpc
		} else {
			stpf = stpc + (stpq-stpc)/2
		}
		s.bracketed = true
	case sgnd < 0:
		// Lower value, slopes of opposite sign: bracketed.
		theta := 3*(s.fx-fp)/(stp-s.stx) + s.gx + dp
		scale := max(math.Abs(theta), math.Abs(s.gx), math.Abs(dp))
		gamma := scale * math.Sqrt((theta/scale)*(theta/scale)-(s.gx/scale)*(dp/scale))
		if stp > s.stx {
			gamma = -gamma
		}
		r := ((gamma - dp) + theta) / (((gamma - dp) + gamma) + s.gx)
		stpc := stp + r*(s.stx-stp)
		stpq := stp + (dp/(dp-s.gx))*(s.stx-stp)
		if math.Abs(stpc-stp) > math.Abs(stpq-stp) {
			stpf = stpc
		} else {
			stpf = stpq
		}
		s.bracketed = true
	case math.Abs(dp) < math.Abs(s.gx):
		stpf = s.smallerSlope(fp, dp)
	case s.bracketed:
		// Lower value, slope not smaller.
		theta := 3*(fp-s.fy)/(s.sty-stp) + s.gy + dp
		scale := max(math.Abs(theta), math.Abs(s.gy), math.Abs(dp))
		gamma := scale * math.Sqrt((theta/scale)*(theta/scale)-(s.gy/scale)*(dp/scale))
		if stp > s.sty {
			gamma = -gamma
		}
		r := ((gamma - dp) + theta) / (((gamma - dp) + gamma) + s.gy)
		stpf = stp + r*(s.sty-stp)
	case stp > s.stx:
		stpf = s.upperStep
	default:
		stpf = s.lowerStep
	}
	if fp > s.fx {
		s.sty, s.fy, s.gy = stp, fp, dp
	} else {
		if sgnd < 0 {
			s.sty, s.fy, s.gy = s.stx, s.fx, s.gx
		}
		s.stx, s.fx, s.gx = stp, fp, dp
	}
	s.step = stpf
}

// smallerSlope is dcstep's third case: lower value, slope of the same sign but
// smaller. The cubic may have no minimum ahead; then the step goes to the end of the interval.
func (s *lineSearch) smallerSlope(fp, dp float64) float64 {
	stp := s.step
	theta := 3*(s.fx-fp)/(stp-s.stx) + s.gx + dp
	scale := max(math.Abs(theta), math.Abs(s.gx), math.Abs(dp))
	gamma := scale * math.Sqrt(max(0, (theta/scale)*(theta/scale)-(s.gx/scale)*(dp/scale)))
	if stp > s.stx {
		gamma = -gamma
	}
	r := ((gamma - dp) + theta) / ((gamma + (s.gx - dp)) + gamma)
	var stpc float64
	switch {
	case r < 0 && gamma != 0:
		stpc = stp + r*(s.stx-stp)
	case stp > s.stx:
		stpc = s.upperStep
	default:
		stpc = s.lowerStep
	}
	stpq := stp + (dp/(dp-s.gx))*(s.stx-stp)
	stpf := stpq
	closer := math.Abs(stpc-stp) < math.Abs(stpq-stp)
	if s.bracketed {
		if closer {
			stpf = stpc
		}
		if stp > s.stx {
			return min(stp+0.66*(s.sty-stp), stpf)
		}
		return max(stp+0.66*(s.sty-stp), stpf)
	}
	if !closer {
		stpf = stpc
	}
	return max(s.lowerStep, min(s.upperStep, stpf))
}
