package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// ErrType is wrapped by the error of reading values of a type that this package does not read.
var ErrType = errors.New("unsupported element type")

// Kind says how the bytes of an element are read.
type Kind uint8

// The kinds of elements.
const (
	Other   Kind = iota // structured, object, time, void, extended precision: not read
	Bool                // one byte, 0 or not
	Int                 // 1, 2, 4 or 8 bytes
	Uint                // 1, 2, 4 or 8 bytes
	Float               // 2, 4 or 8 bytes, IEEE 754
	Complex             // two floats of 4 or 8 bytes
	Bytes               // fixed width, padded with NUL
	Unicode             // fixed width of four-byte code points, padded with NUL
)

// DType is the type of an element.
type DType struct {
	Kind Kind
	Size int  // bytes; 0 for Other
	Big  bool // big endian
}

// String returns NumPy's spelling, such as <f4, |b1 or >U5.
func (d DType) String() string {
	order := "<"
	if d.Big {
		order = ">"
	}
	n := d.Size
	switch {
	case d.Kind == Other:
		return "other"
	case d.Kind == Unicode:
		n /= 4
	case d.Size == 1, d.Kind == Bytes:
		order = "|"
	}
	return order + string("?biufcSU"[d.Kind]) + strconv.Itoa(n)
}

// parseDType reads a descr string. What is not a plain type gives Other.
func parseDType(s string) DType {
	if len(s) < 2 {
		return DType{}
	}
	d := DType{Big: s[0] == '>'}
	switch s[0] {
	case '<', '>', '|', '=':
		s = s[1:]
	}
	if s == "?" { // the one-letter name that old writers used
		s = "b1"
	}
	n, err := strconv.ParseUint(s[1:], 10, 28)
	if err != nil {
		return DType{}
	}
	d.Size = int(n)
	sizes := ""
	switch s[0] {
	case 'b':
		d.Kind, sizes = Bool, "\x01"
	case 'i':
		d.Kind, sizes = Int, "\x01\x02\x04\x08"
	case 'u':
		d.Kind, sizes = Uint, "\x01\x02\x04\x08"
	case 'f':
		d.Kind, sizes = Float, "\x02\x04\x08"
	case 'c':
		d.Kind, sizes = Complex, "\x08\x10"
	case 'S', 'a':
		d.Kind, d.Big = Bytes, false
		return d
	case 'U':
		d.Kind, d.Size = Unicode, 4*d.Size
		return d
	}
	for i := range len(sizes) {
		if d.Size == int(sizes[i]) {
			d.Big = d.Big && d.Size > 1
			return d
		}
	}
	return DType{}
}

// why says what is not read about a type, and what to do.
func (h Header) why() error {
	what := "type " + h.Descr
	advice := "save the array as numbers or text"
	switch d := h.Descr; {
	case h.Structured:
		what, advice = "a structured type", "save each field as an array of its own"
	case len(d) > 1 && (d[1] == 'O' || d[0] == 'O'):
		what = "Python objects (a pickle, which is not run)"
	case len(d) > 1 && (d[1] == 'M' || d[1] == 'm'):
		what, advice = "times ("+d+")", "save them as int64"
	case len(d) > 1 && (d[1] == 'f' || d[1] == 'c'):
		what, advice = "extended precision ("+d+"), which differs between machines", "save as float64"
	}
	return fmt.Errorf("%w: the elements are %s: %s", ErrType, what, advice)
}

// byteOrder returns the order of the type's bytes.
func (d DType) byteOrder() binary.ByteOrder {
	if d.Big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
