package mat

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

const maxBlanks = 1 << 10

// text reads the n characters of a char array.
func (s *stream) text(a *Array, n int, end int64) error {
	if n == 0 && s.pos == end {
		a.re = []uint8{}
		return nil
	}
	e, err := s.tag(end)
	if err != nil {
		return err
	}
	v, err := s.numbers(e)
	if err != nil {
		return err
	}
	if length(v) == 0 && n <= maxBlanks {
		// MATLAB writes a text that was never set with dimensions and without characters.
		v = bytes.Repeat([]byte{' '}, n)
	}
	if a.re = units(v, n, e.typ == miUTF8); a.re == nil {
		return s.errorf("text of %d units where the dimensions want %d characters: the file is damaged", length(v), n)
	}
	return nil
}

// units gives text as n units of one byte, of UTF-16 or of whole code points, or nil when it has another
// length. In UTF-8 the dimensions count bytes, UTF-16 units or characters, depending on the writer; bytes
// that are none of it become U+FFFD.
func units(v any, n int, isUTF8 bool) any {
	if b, ok := v.([]uint8); ok && isUTF8 && (len(b) != n || !utf8.Valid(b)) {
		runes := []rune(string(b))
		if u := utf16.Encode(runes); len(u) == n {
			return u
		}
		if len(runes) == n {
			u := make([]uint32, n)
			for i, r := range runes {
				u[i] = uint32(r)
			}
			return u
		}
	}
	if length(v) != n {
		return nil
	}
	switch v := v.(type) {
	case []uint8, []uint16, []uint32:
		return v
	case []int8:
		return toUnits[uint8](v)
	case []int16:
		return toUnits[uint16](v)
	case []int32:
		return toUnits[uint32](v)
	case []float32: // level 4 keeps characters as any numbers
		return toUnits[uint16](v)
	case []float64:
		return toUnits[uint16](v)
	}
	return nil
}

// toUnits converts numbers to units of text. What is no unit becomes U+FFFD, or its low byte.
func toUnits[T uint8 | uint16 | uint32, S int8 | int16 | int32 | float32 | float64](src []S) []T {
	dst := make([]T, len(src))
	for i, s := range src {
		f := float64(s)
		if isInt := S(1)/2 == 0; isInt {
			dst[i] = T(s)
		} else if f >= 0 && f <= 0xffff {
			dst[i] = T(uint16(f))
		} else {
			bad := uint16(utf8.RuneError)
			dst[i] = T(bad)
		}
	}
	return dst
}

// Rows returns the rows of a char array as UTF-8, with the blanks that fill them up. An array without
// characters has no rows. Bytes that are not UTF-8 are taken as Latin-1.
func (a *Array) Rows() ([]string, error) {
	if a.Class != Char {
		return nil, a.not("text")
	}
	n := length(a.re)
	if n == 0 {
		return nil, nil
	}
	rows := make([]string, a.Dims[0])
	for i := range rows {
		switch u := a.re.(type) {
		case []uint8:
			rows[i] = byteText(row(u, i, len(rows)))
		case []uint16:
			rows[i] = string(utf16.Decode(row(u, i, len(rows))))
		case []uint32:
			rows[i], _ = encodeText(row(u, i, len(rows)))
		}
	}
	return rows, nil
}

// Text returns the text of a char array of one row, or of none.
func (a *Array) Text() (string, error) {
	rows, err := a.Rows()
	switch {
	case err != nil || len(rows) == 0:
		return "", err
	case len(rows) > 1:
		return "", fmt.Errorf("%s: %d rows of text where one is expected", a.Name, len(rows))
	}
	return rows[0], nil
}

// row picks row i of m rows.
func row[T any](u []T, i, m int) []T {
	if m == 1 {
		return u
	}
	r := make([]T, 0, len(u)/m)
	for ; i < len(u); i += m {
		r = append(r, u[i])
	}
	return r
}

// byteText decodes text of one-byte units.
func byteText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// encodeText gives units of text as UTF-8, which both MATLAB and SciPy read; MATLAB's own UTF-16 SciPy takes
// for bytes. It reports false for surrogates that are no pairs, as rows one under another have them.
func encodeText(units any) (string, bool) {
	switch u := units.(type) {
	case []uint8:
		return byteText(u), true
	case []uint16:
		r := utf16.Decode(u)
		return string(r), slices.Equal(utf16.Encode(r), u)
	case []uint32:
		r := make([]rune, len(u))
		for i, c := range u {
			r[i] = rune(min(c, utf8.MaxRune+1)) // beyond: U+FFFD
		}
		return string(r), true
	}
	return "", false
}
