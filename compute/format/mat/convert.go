package mat

import (
	"fmt"

	"reverie/compute/format/internal/num"
)

// Float64 returns the numbers of a real numeric or logical array in column-major order, converted as the
// package comment says. Numbers stored as float64 are not copied.
func (a *Array) Float64() ([]float64, error) { return numbers[float64](a) }

// Float32 is Float64 for float32.
func (a *Array) Float32() ([]float32, error) { return numbers[float32](a) }

// Int64 is Float64 for int64.
func (a *Array) Int64() ([]int64, error) { return numbers[int64](a) }

// Complex128 returns the numbers of a numeric array in column-major order. Those of a real array have no
// imaginary part.
func (a *Array) Complex128() ([]complex128, error) {
	if !a.Class.numeric() {
		return nil, a.not("numbers")
	}
	re, err := convert[float64](a, a.re)
	if err != nil {
		return nil, err
	}
	im := make([]float64, len(re))
	if a.im != nil {
		if im, err = convert[float64](a, a.im); err != nil {
			return nil, err
		}
	}
	v := make([]complex128, len(re))
	for i := range v {
		v[i] = complex(re[i], im[i])
	}
	return v, nil
}

// Bools returns the values of a logical array in column-major order.
func (a *Array) Bools() ([]bool, error) {
	if !a.Logical || !a.Class.numeric() {
		return nil, a.not("truth values")
	}
	v, err := convert[float64](a, a.re)
	if err != nil {
		return nil, err
	}
	b := make([]bool, len(v))
	for i, x := range v {
		b[i] = x != 0
	}
	return b, nil
}

// not is the error of reading an array as what it is not.
func (a *Array) not(what string) error {
	name := a.Name
	if name != "" {
		name += ": "
	}
	switch a.Class {
	case Object, Function, Opaque:
		return fmt.Errorf("%s%w: %s is not read: save its content as numbers, text, cells or structs", name, ErrClass, a.Kind())
	}
	return fmt.Errorf("%s%w: %s is not read as %s", name, ErrClass, a.Kind(), what)
}

func numbers[T num.Target](a *Array) ([]T, error) {
	if !a.Class.numeric() {
		return nil, a.not("numbers")
	}
	if a.Complex {
		return nil, a.not("real numbers: it is complex")
	}
	return convert[T](a, a.re)
}

// convert gives the stored numbers v of a as another type.
func convert[T num.Target](a *Array, v any) ([]T, error) {
	if same, ok := v.([]T); ok {
		return same, nil
	}
	dst := make([]T, length(v))
	bad := -1
	switch v := v.(type) {
	case []int8:
		bad = num.Ints(dst, v)
	case []int16:
		bad = num.Ints(dst, v)
	case []int32:
		bad = num.Ints(dst, v)
	case []int64:
		bad = num.Ints(dst, v)
	case []uint8:
		bad = num.Uints(dst, v)
	case []uint16:
		bad = num.Uints(dst, v)
	case []uint32:
		bad = num.Uints(dst, v)
	case []uint64:
		bad = num.Uints(dst, v)
	case []float32:
		bad = num.Floats(dst, v)
	case []float64:
		bad = num.Floats(dst, v)
	}
	if bad >= 0 {
		name := a.Name
		if name != "" {
			name += ": "
		}
		return nil, fmt.Errorf("%selement %d of class %s: its value is no %T: read it as another type", name, bad, a.Kind(), dst[bad])
	}
	return dst, nil
}

// length returns the number of elements of a slice of numbers.
func length(v any) int {
	switch v := v.(type) {
	case []int8:
		return len(v)
	case []uint8:
		return len(v)
	case []int16:
		return len(v)
	case []uint16:
		return len(v)
	case []int32:
		return len(v)
	case []uint32:
		return len(v)
	case []int64:
		return len(v)
	case []uint64:
		return len(v)
	case []float32:
		return len(v)
	case []float64:
		return len(v)
	}
	return 0
}

// cut keeps the first n elements of a slice of numbers.
func cut(v any, n int) any {
	switch v := v.(type) {
	case []int8:
		return v[:n]
	case []uint8:
		return v[:n]
	case []int16:
		return v[:n]
	case []uint16:
		return v[:n]
	case []int32:
		return v[:n]
	case []uint32:
		return v[:n]
	case []int64:
		return v[:n]
	case []uint64:
		return v[:n]
	case []float32:
		return v[:n]
	}
	return v.([]float64)[:n]
}
