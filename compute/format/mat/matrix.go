package mat

import (
	"bytes"
	"io"
)

// head reads the flags, sizes, name and field names of a matrix that ends at byte end.
func (s *stream) head(end int64) (Info, error) {
	var i Info
	e, err := s.tag(end)
	if err != nil {
		return i, err
	}
	flags, err := s.bytes(e, 64)
	if err != nil {
		return i, err
	}
	if len(flags) < 4 {
		return i, s.errorf("array flags of %d bytes: the file is damaged", len(flags))
	}
	u := s.order.Uint32(flags)
	i.Class = Class(u)
	i.Complex, i.Global, i.Logical = u&0x800 != 0, u&0x400 != 0, u&0x200 != 0
	if i.Class < Cell || i.Class > Opaque {
		return i, s.errorf("array of %v: the file is damaged", i.Class)
	}
	if i.Class != Opaque {
		if i.Dims, err = s.dims(end); err != nil {
			return i, err
		}
	}
	if i.Name, err = s.name(end); err != nil {
		return i, err
	}
	switch i.Class {
	case Opaque:
		if _, err = s.name(end); err != nil { // the system that the class is of, MCOS or java
			return i, err
		}
		i.ObjectClass, err = s.name(end)
	case Object:
		if i.ObjectClass, err = s.name(end); err != nil {
			return i, err
		}
		i.Fields, err = s.fields(end)
	case Struct:
		i.Fields, err = s.fields(end)
	}
	return i, err
}

// dims reads the sizes of an array.
func (s *stream) dims(end int64) ([]int, error) {
	e, err := s.tag(end)
	if err != nil {
		return nil, err
	}
	// One writer in the field marks them unsigned.
	if e.typ != miINT32 && e.typ != miUINT32 {
		return nil, s.errorf("data of type %d where dimensions are expected: the file is damaged", e.typ)
	}
	b, err := s.bytes(e, 4*maxDims)
	if err != nil {
		return nil, err
	}
	dims := make([]int, len(b)/4)
	for k := range dims {
		d := int32(s.order.Uint32(b[4*k:]))
		if d < 0 {
			return nil, s.errorf("a dimension of %d: the file is damaged", d)
		}
		dims[k] = int(d)
	}
	if len(dims) < 2 || len(b)%4 != 0 {
		return nil, s.errorf("dimensions of %d bytes: the file is damaged", len(b))
	}
	if _, err := product(dims); err != nil {
		return nil, s.errorf("%w", err)
	}
	return dims, nil
}

// name reads a name.
func (s *stream) name(end int64) (string, error) {
	e, err := s.tag(end)
	if err != nil {
		return "", err
	}
	if e.typ != miINT8 && e.typ != miUINT8 && e.typ != miUTF8 {
		return "", s.errorf("data of type %d where a name is expected: the file is damaged", e.typ)
	}
	b, err := s.bytes(e, maxName)
	return byteText(bytes.TrimRight(b, "\x00")), err
}

// fields reads the names of fields: their width, and all of them padded to it.
func (s *stream) fields(end int64) ([]string, error) {
	e, err := s.tag(end)
	if err != nil {
		return nil, err
	}
	b, err := s.bytes(e, 8)
	if err != nil {
		return nil, err
	}
	if len(b) < 4 {
		return nil, s.errorf("the width of field names has %d bytes: the file is damaged", len(b))
	}
	width := int(int32(s.order.Uint32(b)))
	if e, err = s.tag(end); err != nil {
		return nil, err
	}
	if b, err = s.bytes(e, maxNames); err != nil {
		return nil, err
	}
	if width <= 0 && len(b) > 0 || width > 0 && len(b)%width != 0 {
		return nil, s.errorf("%d bytes of field names of %d bytes: the file is damaged", len(b), width)
	}
	var names []string
	for ; len(b) > 0; b = b[width:] {
		n, _, _ := bytes.Cut(b[:width], []byte{0})
		names = append(names, byteText(n))
	}
	return names, nil
}

// child reads the tag of an array in a cell or a struct and returns where it ends.
func (s *stream) child(end int64) (int64, error) {
	e, err := s.tag(end)
	if err != nil {
		return 0, err
	}
	if e.typ != miMATRIX {
		return 0, s.errorf("data of type %d where an array is expected: the file is damaged", e.typ)
	}
	return s.pos + e.n, nil
}

// matrix reads the matrix that ends at byte end.
func (s *stream) matrix(end int64, depth int) (*Array, error) {
	if s.pos == end {
		return empty, nil
	}
	i, err := s.head(end)
	if err != nil {
		return nil, err
	}
	a := &Array{Info: i}
	if err = s.body(a, end, depth); err != nil {
		return nil, err
	}
	return a, s.skip(end - s.pos)
}

// body reads the content behind the head.
func (s *stream) body(a *Array, end int64, depth int) (err error) {
	n, err := product(a.Dims)
	if err != nil {
		return s.errorf("%w", err)
	}
	switch {
	case a.Class == Cell:
		a.items, err = s.children(n, end, depth)
	case a.Class == Struct:
		if f := len(a.Fields); f > 0 {
			if int64(n) > (end-s.pos)/8/int64(f) {
				return s.errorf("%d×%d fields in %d bytes: the file is damaged", n, f, end-s.pos)
			}
			a.items, err = s.children(n*f, end, depth)
		}
	case a.Class == Sparse:
		err = s.sparse(a, end)
	case a.Class == Char:
		err = s.text(a, n, end)
	case a.Class.numeric():
		if a.re, err = s.part(n, end); err == nil && a.Complex {
			a.im, err = s.part(n, end)
		}
	}
	return err
}

// children reads n arrays.
func (s *stream) children(n int, end int64, depth int) ([]*Array, error) {
	if depth >= maxDepth {
		return nil, s.errorf("cells and structs stand more than %d deep", maxDepth)
	}
	if int64(n) > (end-s.pos)/8 { // each has a tag
		return nil, s.errorf("%d arrays in %d bytes: the file is damaged", n, end-s.pos)
	}
	items := make([]*Array, n)
	for k := range items {
		e, err := s.child(end)
		if err != nil {
			return nil, err
		}
		if items[k], err = s.matrix(e, depth+1); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// part reads the n real or imaginary parts.
func (s *stream) part(n int, end int64) (any, error) {
	if n == 0 && s.pos == end {
		return []float64{}, nil
	}
	e, err := s.tag(end)
	if err != nil {
		return nil, err
	}
	v, err := s.numbers(e)
	if err == nil && length(v) != n {
		err = s.errorf("%d numbers where the dimensions want %d: the file is damaged", length(v), n)
	}
	return v, err
}

// finish checks that a compressed variable ends here, where its checksum is compared.
func (s *stream) finish() error {
	if s.sec != nil {
		return nil
	}
	switch _, err := s.r.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return s.errorf("compressed bytes follow the variable: the file is damaged")
	default:
		return s.errorf("%w", plain(err))
	}
}
