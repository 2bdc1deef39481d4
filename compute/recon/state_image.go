package recon

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
)

// What follows walks what an image and its optimiser hold between two rounds. What a round sets before it reads is left out.

// archive walks an image that waits for its next evaluation.
func (im *image) archive(a *archive, prefix string) {
	n := len(im.trace)
	a.series(prefix+"/trace", &im.trace, maxTrace)
	if a.reading && a.err == nil {
		n = len(im.trace)
	}
	a.float(&im.lowest, &im.result.total)
	a.bool(&im.result.some)
	if im.result.some {
		a.doubles(prefix+"/loss", im.result.loss)
		a.singles(prefix+"/kept", im.result.x)
	}
	switch o := im.opt.(type) {
	case *LBFGSB:
		o.archive(a, prefix)
	case *descent:
		o.archive(a, prefix, im.first)
		if a.reading && a.err == nil && n != o.t-im.first {
			a.fail("%d evaluations for %d iterations", n, o.t-im.first)
		}
	}
}

// maxTrace is beyond any run: evaluations of one image.
const maxTrace = 1 << 28

func (d *descent) archive(a *archive, prefix string, first int) {
	a.int(&d.t, first, d.n-1, "the iteration")
	a.doubles(prefix+"/x", d.x)
	a.doubles(prefix+"/delta", d.delta)
	if !d.jitters() {
		return
	}
	a.int(&d.dx, -d.o.Jitter, d.o.Jitter, "the shift")
	a.int(&d.dy, -d.o.Jitter, d.o.Jitter, "the shift")
	a.doubles(prefix+"/unshifted", d.evaluated)
}

func (o *LBFGSB) archive(a *archive, prefix string) {
	m := o.opt.History
	a.bool(&o.started)
	a.int(&o.iterations, 0, o.opt.MaxIterations-1, "the iterations")
	a.int(&o.evals, 0, maxTrace, "the evaluations")
	a.int(&o.trials, 0, o.opt.MaxLineSearch, "the evaluations of the line search")
	a.float(&o.oldF, &o.slope0, &o.projected, &o.bestF)
	a.doubles(prefix+"/x", o.x)
	if !o.started {
		return
	}
	a.doubles(prefix+"/iterate", o.oldX)
	a.doubles(prefix+"/gradient", o.oldG)
	a.doubles(prefix+"/model", o.z)
	a.doubles(prefix+"/best", o.bestX)
	if a.reading {
		floats.SubTo(o.d, o.z, o.oldX)
	}
	o.search.archive(a)
	a.int(&o.mem.col, 0, m, "the pairs")
	a.float(&o.mem.theta)
	o.mem.grow(o.n)
	for k := range o.mem.col {
		a.doubles(fmt.Sprintf("%s/s%d", prefix, k), o.mem.s[k])
		a.doubles(fmt.Sprintf("%s/y%d", prefix, k), o.mem.y[k])
	}
	a.doubles(prefix+"/sy", o.mem.sy)
	a.doubles(prefix+"/ss", o.mem.ss)
	if a.reading && a.err == nil && o.mem.col > 0 && !o.mem.factor() {
		a.fail("its pairs are not of a minimisation")
	}
	o.sub.archive(a, prefix, o.mem.col)
}

// grow makes room for the pairs that there are.
func (a *memory) grow(n int) {
	for len(a.s) < a.col {
		a.s, a.y = append(a.s, make([]float64, n)), append(a.y, make([]float64, n))
	}
}

func (s *subspace) archive(a *archive, prefix string, pairs int) {
	a.int(&s.col, 0, pairs, "the pairs of the subspace")
	a.doubles(prefix+"/zyy", s.yy)
	a.doubles(prefix+"/zss", s.ss)
	a.doubles(prefix+"/zsy", s.sy)
	for at := 0; at < len(s.free); at += 63 {
		word, n := int64(0), min(63, len(s.free)-at)
		for i, f := range s.free[at : at+n] {
			if f {
				word |= 1 << i
			}
		}
		word = a.long(word)
		for i := range n {
			s.free[at+i] = word>>i&1 != 0
		}
	}
}

func (s *lineSearch) archive(a *archive) {
	a.float(&s.step, &s.slope, &s.limit, &s.f0, &s.g0, &s.gtest, &s.width, &s.width1,
		&s.stx, &s.fx, &s.gx, &s.sty, &s.fy, &s.gy, &s.lowerStep, &s.upperStep)
	a.bool(&s.bracketed)
	a.bool(&s.first)
}
