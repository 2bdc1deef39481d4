package blas

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func drawn[T Float](r *rand.Rand, rows, cols, stride int) Matrix[T] {
	m := Matrix[T]{Rows: rows, Cols: cols, Stride: stride, Data: make([]T, rows*stride)}
	for i := range m.Data {
		m.Data[i] = T(r.NormFloat64())
	}
	return m
}

func dense[T Float](m Matrix[T]) *mat.Dense {
	d := mat.NewDense(m.Rows, m.Cols, nil)
	for i := range m.Rows {
		for j := range m.Cols {
			d.Set(i, j, float64(m.Data[i*m.Stride+j]))
		}
	}
	return d
}

// near compares with gonum in float64; upper looks at that triangle alone.
func near[T Float](t *testing.T, what string, got Matrix[T], want mat.Matrix, tol float64, upper bool) {
	t.Helper()
	worst, size := 0.0, 0.0
	for i := range got.Rows {
		for j := range got.Cols {
			if upper && j < i {
				continue
			}
			size = max(size, math.Abs(want.At(i, j)))
			if d := math.Abs(float64(got.Data[i*got.Stride+j]) - want.At(i, j)); !(d <= worst) {
				worst = d
			}
		}
	}
	if !(worst <= tol*size) {
		t.Errorf("%s: off by %g of %g", what, worst, size)
	}
}

func against[T Float](t *testing.T, tol float64) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, ta := range []bool{false, true} {
		for _, tb := range []bool{false, true} {
			m, n, k := 37, 53, 211
			a, b := drawn[T](r, m, k, k+3), drawn[T](r, k, n, n+1)
			var am, bm mat.Matrix
			if ta {
				a = drawn[T](r, k, m, m+2)
				am = dense(a).T()
			} else {
				am = dense(a)
			}
			if tb {
				b = drawn[T](r, n, k, k)
				bm = dense(b).T()
			} else {
				bm = dense(b)
			}
			c := drawn[T](r, m, n, n+5)
			var want, old mat.Dense
			want.Mul(am, bm)
			want.Scale(1.5, &want)
			old.Scale(0.5, dense(c))
			want.Add(&want, &old)
			if err := Gemm(ta, tb, 1.5, a, b, 0.5, c); err != nil {
				t.Fatal(err)
			}
			near(t, "gemm", c, &want, tol, false)
		}
	}
	for _, trans := range []bool{false, true} {
		a := drawn[T](r, 90, 300, 301)
		if trans {
			a = drawn[T](r, 300, 90, 91)
		}
		c := drawn[T](r, 90, 90, 92)
		below := c.Data[5*c.Stride+2]
		var want mat.Dense
		if trans {
			want.Mul(dense(a).T(), dense(a))
		} else {
			want.Mul(dense(a), dense(a).T())
		}
		if err := Syrk(trans, 1, a, 0, c); err != nil {
			t.Fatal(err)
		}
		near(t, "syrk", c, &want, tol, true)
		if c.Data[5*c.Stride+2] != below {
			t.Error("syrk wrote below the diagonal")
		}
		for i := range 90 {
			c.Data[i*c.Stride+i] += 1
			want.Set(i, i, want.At(i, i)+1)
		}
		x, y := drawn[T](r, 1, 90, 90), drawn[T](r, 1, 90, 90)
		var wy mat.Dense
		wy.Mul(dense(x), &want)
		wy.Scale(2, &wy)
		wy.Sub(&wy, dense(y))
		if err := Symv(2, c, x.Data, -1, y.Data); err != nil {
			t.Fatal(err)
		}
		near(t, "symv", y, &wy, tol, false)

		var chol mat.Cholesky
		sym := mat.NewSymDense(90, nil)
		for i := range 90 {
			for j := i; j < 90; j++ {
				sym.SetSym(i, j, want.At(i, j))
			}
		}
		if !chol.Factorize(sym) {
			t.Fatal("gonum cannot factorise")
		}
		if err := Potrf(c); err != nil {
			t.Fatal(err)
		}
		var u mat.TriDense
		chol.UTo(&u)
		near(t, "potrf", c, &u, 10*tol, true)
		for _, sides := range []int{1, 4} {
			b := drawn[T](r, sides, 90, 95)
			var sol mat.Dense
			if err := chol.SolveTo(&sol, dense(b).T()); err != nil {
				t.Fatal(err)
			}
			if err := Potrs(c, b); err != nil {
				t.Fatal(err)
			}
			near(t, "potrs", b, sol.T(), 10*tol, false)
		}
	}
	bad := Of(2, 2, []T{1, 2, 0, 1})
	if err := Potrf(bad); !errors.Is(err, ErrNotPositive) {
		t.Errorf("indefinite matrix: %v", err)
	}
}

func TestAgainstGonum(t *testing.T) {
	t.Run("float32", func(t *testing.T) { against[float32](t, 2e-5) })
	t.Run("float64", func(t *testing.T) { against[float64](t, 2e-14) })
}

// One thread per call: workers get in parallel what one gets alone, to the bit.
func TestParallelCallsAreTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	a := drawn[float32](r, 400, 200, 200)
	want := Of(200, 200, make([]float32, 200*200))
	if err := Syrk(true, 1, a, 0, want); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 10 {
				c := Of(200, 200, make([]float32, 200*200))
				if err := Syrk(true, 1, a, 0, c); err != nil {
					t.Error(err)
					return
				}
				for i := range c.Data {
					if c.Data[i] != want.Data[i] {
						t.Errorf("number %d differs", i)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestShapesAreChecked(t *testing.T) {
	ok := Of(2, 2, make([]float64, 4))
	short := Of(2, 2, make([]float64, 3))
	empty := Matrix[float64]{}
	wide := Of(2, 3, make([]float64, 6))
	huge := Matrix[float64]{Rows: 1, Cols: 1, Stride: math.MaxInt, Data: make([]float64, 1)}
	for name, err := range map[string]error{
		"gemm sizes":     Gemm(false, false, 1, ok, Of(3, 2, make([]float64, 6)), 0, ok),
		"gemm short":     Gemm(false, false, 1, ok, ok, 0, short),
		"gemm empty":     Gemm(false, false, 1, empty, empty, 0, empty),
		"gemm huge":      Gemm(false, false, 1, huge, huge, 0, huge),
		"syrk sizes":     Syrk(true, 1, wide, 0, ok),
		"symv vector":    Symv(1, ok, make([]float64, 2), 0, make([]float64, 3)),
		"symv rectangle": Symv(1, wide, make([]float64, 2), 0, make([]float64, 2)),
		"potrf short":    Potrf(short),
		"potrs sides":    Potrs(ok, wide),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "blas: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if Device() == "" {
		t.Error("no name")
	}
}

func TestNoAllocation(t *testing.T) {
	a, b, y := Of(8, 8, make([]float32, 64)), Of(1, 8, make([]float32, 8)), make([]float32, 8)
	if n := testing.AllocsPerRun(20, func() {
		for i := range 8 {
			a.Data[i*8+i] = 4
		}
		if Potrf(a) != nil || Potrs(a, b) != nil || Symv(1, a, b.Data, 0, y) != nil {
			t.Error("failed")
		}
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func gathers[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	m := NewTriangle[T](40)
	for i := range m.Data {
		m.Data[i] = T(r.NormFloat64())
	}
	chosen := []uint32{0, 3, 4, 17, 38, 39}
	k := len(chosen)
	s, a := make([]float64, k*k), make([]float32, k*k)
	for _, a := range [][]float32{nil, a} {
		clear(s)
		if err := m.Gather(chosen, s, a); err != nil {
			t.Fatal(err)
		}
		for i := range k {
			for j := range k {
				want := 0.0
				if j >= i {
					want = float64(m.Row(int(chosen[i]))[chosen[j]-chosen[i]])
				}
				if s[i*k+j] != want || a != nil && a[i*k+j] != float32(want) {
					t.Errorf("%d, %d: %g, want %g", i, j, s[i*k+j], want)
				}
			}
		}
	}
	for name, err := range map[string]error{
		"order": m.Gather([]uint32{3, 3}, make([]float64, 4), nil),
		"range": m.Gather([]uint32{3, 40}, make([]float64, 4), nil),
		"room":  m.Gather([]uint32{3, 4}, make([]float64, 3), nil),
		"room2": m.Gather([]uint32{3, 4}, make([]float64, 4), make([]float32, 3)),
		"none":  m.Gather(nil, nil, nil),
		"data":  Triangle[T]{Size: 40}.Gather(chosen, s, a),
	} {
		if err == nil {
			t.Errorf("%s passed", name)
		}
	}
}

func TestGather(t *testing.T) {
	t.Run("float32", gathers[float32])
	t.Run("float64", gathers[float64])
}

func TestBetterRoutines(t *testing.T) {
	for core, want := range map[string]string{"Haswell": "SKYLAKEX", "Zen": "SKYLAKEX", "SkylakeX": "", "Cooperlake": "", "Nehalem": ""} {
		if got := better(core, true); got != want {
			t.Errorf("%s with AVX-512: %q, want %q", core, got, want)
		}
		if got := better(core, false); got != "" {
			t.Errorf("%s without: %q", core, got)
		}
	}
}
