package mat

import "fmt"

// maxFull is the most elements that Full makes of a sparse array, whose size the file does not bound.
const maxFull = 1 << 28

// Entries returns the rows and columns, counted from 0, of the entries of a sparse array, column after
// column, and their values as a full array of one column.
func (a *Array) Entries() (rows, cols []int32, values *Array, err error) {
	if a.Class != Sparse {
		return nil, nil, nil, a.not("entries")
	}
	cols = make([]int32, len(a.ir))
	for c := range a.jc[1:] {
		for k := a.jc[c]; k < a.jc[c+1]; k++ {
			cols[k] = int32(c)
		}
	}
	values = &Array{Info: Info{Name: a.Name, Class: Double, Dims: []int{len(a.ir), 1}, Complex: a.Complex}, re: a.re, im: a.im}
	if a.Logical {
		values.Class, values.Logical = Uint8, true
	}
	return a.ir, cols, values, nil
}

// Full returns the sparse array with its zeros, as float64 or complex128 numbers. More than 2^28 elements
// are refused.
func (a *Array) Full() (*Array, error) {
	rows, cols, values, err := a.Entries()
	if err != nil {
		return nil, err
	}
	n, err := product(a.Dims)
	if err != nil || n > maxFull {
		return nil, fmt.Errorf("%s: a sparse array of %v is too large to be filled up: use its entries", a.Name, a.Dims)
	}
	f := &Array{Info: Info{Name: a.Name, Class: Double, Dims: a.Dims, Complex: a.Complex, Logical: a.Logical}}
	if a.Logical {
		f.Class = Uint8
	}
	if f.re, err = a.spread(rows, cols, values.re, n); err == nil && a.Complex {
		f.im, err = a.spread(rows, cols, values.im, n)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// spread puts the values of the entries into n zeros. Entries of one place add up.
func (a *Array) spread(rows, cols []int32, v any, n int) ([]float64, error) {
	x, err := convert[float64](a, v)
	if err != nil {
		return nil, err
	}
	full := make([]float64, n)
	for k, r := range rows {
		full[int(cols[k])*a.Dims[0]+int(r)] += x[k]
	}
	return full, nil
}

// sparse reads the rows, column starts and values of a sparse array and checks that they fit.
func (s *stream) sparse(a *Array, end int64) error {
	var v [4]any
	parts := 3
	if a.Complex {
		parts = 4
	}
	for k := range parts {
		e, err := s.tag(end)
		if err != nil {
			return err
		}
		if n := len(a.jc); k > 1 && n > 0 && a.Logical && e.typ == miDOUBLE && e.n/8 < int64(a.jc[n-1]) {
			e.typ = miUINT8 // MATLAB says double and writes bytes
		}
		if v[k], err = s.numbers(e); err != nil {
			return err
		}
		ok := true
		switch k {
		case 0:
			a.ir, ok = indices(v[k])
		case 1:
			a.jc, ok = indices(v[k])
		}
		if !ok {
			return s.errorf("the indices of a sparse array are no 32-bit integers: the file is damaged")
		}
	}
	a.re, a.im = v[2], v[3]
	if why := a.checkSparse(); why != "" {
		return s.errorf("a sparse array of %v: %s: the file is damaged", a.Dims, why)
	}
	return nil
}

// indices gives 32-bit integers.
func indices(v any) ([]int32, bool) {
	switch v := v.(type) {
	case []int32:
		return v, true
	case []uint32:
		w := make([]int32, len(v))
		for i, u := range v {
			w[i] = int32(u)
		}
		return w, true
	}
	return nil, false
}

// checkSparse says what of a sparse array does not fit, and cuts off room that MATLAB kept for more entries.
func (a *Array) checkSparse() string {
	if len(a.Dims) != 2 || len(a.jc) != a.Dims[1]+1 || a.jc[0] != 0 {
		return "the column starts do not fit"
	}
	for k := 1; k < len(a.jc); k++ {
		if a.jc[k] < a.jc[k-1] {
			return "the column starts go down"
		}
	}
	n := int(a.jc[len(a.jc)-1])
	if n > len(a.ir) || n > length(a.re) || a.im != nil && n > length(a.im) {
		return "entries are missing"
	}
	a.ir = a.ir[:n]
	for _, r := range a.ir {
		if r < 0 || int(r) >= a.Dims[0] {
			return "an entry stands in no row"
		}
	}
	a.re = cut(a.re, n)
	if a.im != nil {
		a.im = cut(a.im, n)
	}
	return ""
}
