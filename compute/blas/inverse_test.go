package blas

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestInverses(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 2, 3, 17, 64, 65, 130, 301} {
		x := drawn[float64](r, n+20, n, n)
		a := Matrix[float64]{Rows: n, Cols: n, Stride: n + 3, Data: make([]float64, n*(n+3))}
		if err := Syrk(true, 1, x, 0, a); err != nil {
			t.Fatal(err)
		}
		full := mat.NewSymDense(n, nil)
		for i := range n {
			for j := i; j < n; j++ {
				full.SetSym(i, j, a.Data[i*a.Stride+j])
			}
		}
		below := func() (s float64) {
			for i := range n {
				for j := range i {
					s += a.Data[i*a.Stride+j]
				}
			}
			return s
		}
		gram := append([]float64(nil), a.Data...)
		var chol mat.Cholesky
		if !chol.Factorize(full) {
			t.Fatal("gonum cannot factorise")
		}
		var u, inverse mat.TriDense
		chol.UTo(&u)
		if err := inverse.InverseTri(&u); err != nil {
			t.Fatal(err)
		}
		if err := RootInverse(a); err != nil {
			t.Fatal(err)
		}
		near(t, "root inverse", a, &inverse, 1e-11, true)
		for _, trans := range []bool{false, true} {
			x := drawn[float64](r, 1, n, n)
			var want mat.Dense
			if trans {
				want.Mul(inverse.T(), dense(x).T())
			} else {
				want.Mul(&inverse, dense(x).T())
			}
			if err := Trmv(trans, a, x.Data); err != nil {
				t.Fatal(err)
			}
			near(t, "trmv", x, want.T(), 1e-11, false)
		}
		if err := Lauum(a); err != nil {
			t.Fatal(err)
		}
		var whole mat.SymDense
		if err := chol.InverseTo(&whole); err != nil {
			t.Fatal(err)
		}
		near(t, "lauum", a, &whole, 1e-11, true)
		if below() != 0 {
			t.Error("something was written below the diagonal")
		}
		copy(a.Data, gram)
		if err := Potrf(a); err != nil {
			t.Fatal(err)
		}
		b := drawn[float64](r, n, 9, 11)
		var want mat.Dense
		if err := want.Solve(u.T(), dense(b)); err != nil {
			t.Fatal(err)
		}
		if err := Trsm(a, b); err != nil {
			t.Fatal(err)
		}
		near(t, "trsm", b, &want, 1e-11, false)
	}
	wide, short := Of(2, 3, make([]float64, 6)), Of(2, 2, make([]float64, 3))
	for name, err := range map[string]error{
		"trsm sizes":  Trsm(Of(2, 2, make([]float64, 4)), Of(3, 2, make([]float64, 6))),
		"trsm wide":   Trsm(wide, wide),
		"root short":  RootInverse(short),
		"trmv vector": Trmv(false, Of(2, 2, make([]float64, 4)), make([]float64, 3)),
		"lauum wide":  Lauum(wide),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "blas: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, n := range []int{2, 100} { // the last number is what makes it indefinite
		a := Of(n, n, make([]float64, n*n))
		for i := range n {
			a.Data[i*n+i] = 1
		}
		a.Data[n*n-1] = -1
		if err := RootInverse(a); !errors.Is(err, ErrNotPositive) {
			t.Errorf("indefinite matrix: %v", err)
		}
	}
}
