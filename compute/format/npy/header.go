package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"unicode/utf8"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 20 // bytes; NumPy itself warns above 10,000
	maxAxes   = 64      // NumPy's own limit
)

// Header says what an array is.
type Header struct {
	Major      int    // version of the format: 1, 2 or 3
	Descr      string // the type as the file spells it
	Structured bool   // Descr is a list of fields
	DType      DType
	Fortran    bool  // the first axis is fastest in the file
	Shape      []int // empty for a scalar
	Len        int   // number of elements, the product of Shape
}

// readHeader reads a header from the start of a stream of size bytes and returns it with the offset of
// the data. It checks that the data fit into the stream.
func readHeader(r io.Reader, size int64) (Header, int64, error) {
	var b [12]byte
	_, err := io.ReadFull(r, b[:10])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Header{}, 0, fmt.Errorf("header: %w", plain(err))
	}
	if err != nil || string(b[:6]) != magic {
		return Header{}, 0, fmt.Errorf("not an .npy array: it does not begin with \\x93NUMPY")
	}
	start, n := int64(10), int64(binary.LittleEndian.Uint16(b[8:]))
	switch b[6] {
	case 1:
	case 2, 3:
		if _, err := io.ReadFull(r, b[10:]); err != nil {
			return Header{}, 0, fmt.Errorf("header: %w", plain(err))
		}
		start, n = 12, int64(binary.LittleEndian.Uint32(b[8:]))
	default:
		return Header{}, 0, fmt.Errorf("version %d.%d of the .npy format is not known (1.0, 2.0 and 3.0 are)", b[6], b[7])
	}
	if n > size-start {
		return Header{}, 0, fmt.Errorf("the header claims %d bytes at byte %d, the file has %d left", n, start, max(size-start, 0))
	}
	if n > maxHeader {
		return Header{}, 0, fmt.Errorf("the header claims %d bytes, more than the %d that are read", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return Header{}, 0, fmt.Errorf("header: %w", plain(err))
	}
	h := Header{Major: int(b[6])}
	if err := parseDict(decodeText(text, b[6]), &h); err != nil {
		return Header{}, 0, fmt.Errorf("header at byte %d: %w", start, err)
	}
	start += n
	if err := h.measure(size - start); err != nil {
		return Header{}, 0, err
	}
	return h, start, nil
}

// decodeText gives the header as text: Latin-1 up to version 2, UTF-8 in version 3.
func decodeText(b []byte, major byte) string {
	if major >= 3 && utf8.Valid(b) {
		return string(b)
	}
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// measure counts the elements and checks them against the bytes that are there.
func (h *Header) measure(left int64) error {
	n, zero := uint64(1), false
	for _, s := range h.Shape {
		zero = zero || s == 0
	}
	for _, s := range h.Shape {
		if zero {
			n = 0
			break
		}
		hi, lo := bits.Mul64(n, uint64(s))
		if hi != 0 || lo > math.MaxInt64 {
			return fmt.Errorf("shape %v has more than 2^63 elements", h.Shape)
		}
		n = lo
	}
	if h.DType.Kind == Other {
		// The values are not read, and an object array's pickle says nothing about the number.
		h.Len = int(min(n, math.MaxInt))
		return nil
	}
	hi, need := bits.Mul64(n, uint64(h.DType.Size))
	if hi != 0 || need > uint64(max(left, 0)) {
		return fmt.Errorf("shape %v of type %s needs more than the %d bytes that follow the header: the file is cut off or damaged",
			h.Shape, h.DType, max(left, 0))
	}
	// Elements without bytes cannot be held against the file.
	if h.DType.Size == 0 && n > 1<<16 {
		return fmt.Errorf("%d elements of no bytes each", n)
	}
	h.Len = int(n)
	return nil
}
