package mat73

import (
	"fmt"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// Entries are the elements of a sparse array that are not zero, column after column.
type Entries struct {
	Dims       []int   // rows, columns
	Rows, Cols []int32 // counted from 0
	Values     []float64
	Imag       []float64 // nil when real
	Logical    bool
}

// Sparse reads the entries of the sparse array at a path.
func (f *File) Sparse(path string) (*Entries, error) {
	n, err := f.find(path)
	if err == nil && n.Class != mat.Sparse {
		err = fmt.Errorf("%w: %s where a sparse array is expected", mat.ErrClass, n.Kind())
	}
	if err != nil {
		return nil, f.errorf(path, err)
	}
	e, err := f.entries(n)
	if err != nil {
		return nil, f.errorf(path, err)
	}
	return e, nil
}

func (f *File) entries(n *node) (*Entries, error) {
	jc, err := hdf5.Read[int64](f.h, n.at+"/jc")
	if err != nil {
		return nil, err
	}
	e := &Entries{Dims: n.Dims, Logical: n.Logical}
	damaged := func(why string) error {
		return fmt.Errorf("a sparse array of %v: %s: the file is damaged", n.Dims, why)
	}
	if len(jc) != n.Dims[1]+1 || jc[0] != 0 {
		return nil, damaged("the column starts do not fit")
	}
	for k := 1; k < len(jc); k++ {
		if jc[k] < jc[k-1] {
			return nil, damaged("the column starts go down")
		}
	}
	total := jc[len(jc)-1]
	if total == 0 {
		return e, nil
	}
	ir, err := hdf5.Read[int64](f.h, n.at+"/ir")
	if err != nil {
		return nil, err
	}
	h, err := f.h.Stat(n.at + "/data")
	if err != nil {
		return nil, err
	}
	if part := complexFields(h); part != "" {
		n.Complex = true
		if e.Imag, err = hdf5.ReadField[float64](f.h, n.at+"/data", h.Fields[1]); err == nil {
			e.Values, err = hdf5.ReadField[float64](f.h, n.at+"/data", part)
		}
	} else {
		e.Values, err = hdf5.Read[float64](f.h, n.at+"/data")
	}
	if err != nil {
		return nil, err
	}
	if total > int64(len(ir)) || total > int64(len(e.Values)) {
		return nil, damaged("entries are missing")
	}
	e.Values = e.Values[:total]
	if e.Imag != nil {
		e.Imag = e.Imag[:total]
	}
	e.Rows, e.Cols = make([]int32, total), make([]int32, total)
	for i, r := range ir[:total] {
		if r < 0 || r >= int64(n.Dims[0]) {
			return nil, damaged("an entry stands in no row")
		}
		e.Rows[i] = int32(r)
	}
	for c := range jc[1:] {
		for k := jc[c]; k < jc[c+1]; k++ {
			e.Cols[k] = int32(c)
		}
	}
	return e, nil
}

// full fills a sparse array up.
func (f *File) full(n *node) (*mat.Array, error) {
	e, err := f.entries(n)
	if err != nil {
		return nil, err
	}
	total := size(n.Dims)
	if bytes := saturate(total, 8); total < 0 || bytes > spare && bytes > ratio*8*int64(len(e.Values)) {
		return nil, fmt.Errorf("a sparse array of %v with %d entries is too large to be filled up: use its entries", n.Dims, len(e.Values))
	}
	if e.Imag == nil {
		v := make([]float64, total)
		for k, r := range e.Rows {
			v[int(e.Cols[k])*n.Dims[0]+int(r)] += e.Values[k]
		}
		return mat.Numeric(n.Dims, v)
	}
	v := make([]complex128, total)
	for k, r := range e.Rows {
		v[int(e.Cols[k])*n.Dims[0]+int(r)] += complex(e.Values[k], e.Imag[k])
	}
	return mat.Complex(n.Dims, v)
}
