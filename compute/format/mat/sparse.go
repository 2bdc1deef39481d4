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
