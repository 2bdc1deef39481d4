package mat

import (
	"fmt"
	"slices"

	"reverie/compute/format/internal/num"
)

// Number is a type that arrays are built of, each the class of its name (float64 is double, float32 single).
type Number interface{ num.Stored }

// build checks that an array of the dimensions has n elements.
func build(class Class, dims []int, n int) (*Array, error) {
	if len(dims) < 2 || len(dims) > maxDims || slices.ContainsFunc(dims, func(d int) bool { return d < 0 || d > 1<<31-1 }) {
		return nil, fmt.Errorf("%v are no dimensions of a MATLAB array: two or more are wanted, each below 2^31", dims)
	}
	if want, err := product(dims); err != nil || want != n {
		return nil, fmt.Errorf("dimensions %v do not fit %d elements", dims, n)
	}
	return &Array{Info: Info{Class: class, Dims: slices.Clone(dims)}}, nil
}

// Numeric makes an array of numbers in column-major order. It keeps data.
func Numeric[T Number](dims []int, data []T) (*Array, error) {
	var class Class
	switch any(data).(type) {
	case []int8:
		class = Int8
	case []uint8:
		class = Uint8
	case []int16:
		class = Int16
	case []uint16:
		class = Uint16
	case []int32:
		class = Int32
	case []uint32:
		class = Uint32
	case []int64:
		class = Int64
	case []uint64:
		class = Uint64
	case []float32:
		class = Single
	default:
		class = Double
	}
	a, err := build(class, dims, len(data))
	if err != nil {
		return nil, err
	}
	a.re = data
	return a, nil
}

// Complex makes an array of complex doubles in column-major order.
func Complex(dims []int, data []complex128) (*Array, error) {
	a, err := build(Double, dims, len(data))
	if err != nil {
		return nil, err
	}
	re, im := make([]float64, len(data)), make([]float64, len(data))
	for i, c := range data {
		re[i], im[i] = real(c), imag(c)
	}
	a.Complex, a.re, a.im = true, re, im
	return a, nil
}

// Logical makes a logical array in column-major order.
func Logical(dims []int, data []bool) (*Array, error) {
	a, err := build(Uint8, dims, len(data))
	if err != nil {
		return nil, err
	}
	b := make([]uint8, len(data))
	for i, t := range data {
		if t {
			b[i] = 1
		}
	}
	a.Logical, a.re = true, b
	return a, nil
}

// Text makes a char array of one row, or of none when s is empty. Its length counts code points.
func Text(s string) *Array {
	r := []rune(s)
	u := make([]uint32, len(r))
	for i, c := range r {
		u[i] = uint32(c)
	}
	return &Array{Info: Info{Class: Char, Dims: []int{min(len(u), 1), len(u)}}, re: u}
}

// Cells makes a cell array in column-major order. It keeps items; nil is an empty array.
func Cells(dims []int, items []*Array) (*Array, error) {
	a, err := build(Cell, dims, len(items))
	if err != nil {
		return nil, err
	}
	a.items = items
	return a, nil
}

// Structs makes a struct array: items holds all fields of the first element, then of the second, and so on.
// It keeps items; nil is an empty array.
func Structs(dims []int, fields []string, items []*Array) (*Array, error) {
	n, err := product(dims)
	if err != nil || len(items) != n*len(fields) {
		return nil, fmt.Errorf("a struct array of %v with %d fields does not fit %d items", dims, len(fields), len(items))
	}
	a, err := build(Struct, dims, n)
	if err != nil {
		return nil, err
	}
	for i, f := range fields {
		if !identifier(f, true) || slices.Contains(fields[:i], f) {
			return nil, fmt.Errorf("%q is no name of a field, or stands twice: letters, digits and _ are wanted, at most %d", f, maxIdentifier)
		}
	}
	a.Fields, a.items = slices.Clone(fields), items
	return a, nil
}

const maxIdentifier = 63

// identifier reports whether MATLAB takes s as a name. The lab has fields that begin with _.
func identifier(s string, underscore bool) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|32 >= 'a' && c|32 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') && (c != '_' || i == 0 && !underscore) {
			return false
		}
	}
	return s != "" && len(s) <= maxIdentifier
}
