package mat

import (
	"errors"
	"fmt"
	"math/bits"
)

var (
	// ErrHDF5 is wrapped by the error of opening a file that is HDF5 (MATLAB version 7.3, or plain HDF5
	// named .mat): read it as such.
	ErrHDF5 = errors.New("this is an HDF5 file (MATLAB version 7.3)")
	// ErrClass is wrapped by the error of reading the content of an object, a function handle or an opaque
	// array, and of reading an array as what it is not.
	ErrClass = errors.New("unsupported class")
)

// Class is the class of an array, numbered as in the file.
type Class uint8

// The classes.
const (
	Cell Class = iota + 1
	Struct
	Object // of the old kind
	Char
	Sparse
	Double
	Single
	Int8
	Uint8
	Int16
	Uint16
	Int32
	Uint32
	Int64
	Uint64
	Function
	Opaque // an object of the new kind
)

var classNames = [...]string{"unknown", "cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8",
	"int16", "uint16", "int32", "uint32", "int64", "uint64", "function_handle", "opaque"}

// String returns MATLAB's name of the class.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// numeric reports whether arrays of the class are full arrays of numbers.
func (c Class) numeric() bool { return c >= Double && c <= Uint64 }

// The types of data elements.
const (
	miINT8 = iota + 1
	miUINT8
	miINT16
	miUINT16
	miINT32
	miUINT32
	miSINGLE
	_
	miDOUBLE
	_
	_
	miINT64
	miUINT64
	miMATRIX
	miCOMPRESSED
	miUTF8
	miUTF16
	miUTF32
)

// Limits that no real file comes near.
const (
	maxDepth = 64
	maxDims  = 64
	maxName  = 1 << 16 // bytes
	maxNames = 1 << 24 // bytes of all field names of one struct
)

// Info says what an array is.
type Info struct {
	Name        string // of the variable, or the path that it was read by; empty inside a cell or a struct
	Class       Class
	Dims        []int // at least two, but none of an opaque array
	Complex     bool
	Logical     bool // Class is Uint8 mostly; Double in old files
	Global      bool
	Fields      []string // of a struct or an object
	ObjectClass string   // of an object or an opaque array
}

// Kind returns MATLAB's answer to class(x), with sparse before it where the array is.
func (i Info) Kind() string {
	switch {
	case i.Class == Sparse && i.Logical:
		return "sparse logical"
	case i.Class == Sparse:
		return "sparse double"
	case i.Logical:
		return "logical"
	case i.ObjectClass != "":
		return i.ObjectClass
	}
	return i.Class.String()
}

// Len returns the number of elements, the product of Dims.
func (i Info) Len() int {
	n, err := product(i.Dims)
	if err != nil || len(i.Dims) == 0 {
		return 0
	}
	return n
}

// product multiplies sizes.
func product(dims []int) (int, error) {
	for _, d := range dims {
		if d == 0 {
			return 0, nil
		}
	}
	n := uint64(1)
	for _, d := range dims {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > 1<<62 {
			return 0, fmt.Errorf("dimensions %v have more than 2^62 elements", dims)
		}
		n = lo
	}
	return int(n), nil
}

// Array is an array with its content. Content that is not copied on the way out must not be changed.
type Array struct {
	Info
	re, im any      // a slice of the type the numbers, or the units of text, are stored in; im nil when real
	items  []*Array // of a cell, or of a struct: all fields of the first element, of the second …
	ir, jc []int32  // rows of the entries and starts of the columns of a sparse array
}

// empty is what a variable without bytes is: MATLAB writes it for cells and fields that were never set.
var empty = &Array{Info: Info{Class: Double, Dims: []int{0, 0}}, re: []float64{}}
