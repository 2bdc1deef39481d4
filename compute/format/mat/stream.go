package mat

import (
	"bufio"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"reverie/compute/format/internal/num"
)

// stream reads data elements one after another.
type stream struct {
	r     *bufio.Reader
	sec   *io.SectionReader // nil: compressed, forward by reading only
	order binary.ByteOrder
	pos   int64 // bytes read or skipped
	base  int64 // where byte 0 stands in the file, for errors
}

const bufferSize = 1 << 16

// element is the tag of a data element.
type element struct {
	typ uint32
	n   int64 // bytes of data
	pad int64 // bytes behind them
}

// errorf returns an error that names the place.
func (s *stream) errorf(format string, a ...any) error {
	if s.sec == nil {
		return fmt.Errorf("variable at byte %d, uncompressed byte %d: %w", s.base, s.pos, fmt.Errorf(format, a...))
	}
	return fmt.Errorf("byte %d: %w", s.base+s.pos, fmt.Errorf(format, a...))
}

// full fills b.
func (s *stream) full(b []byte) error {
	n, err := io.ReadFull(s.r, b)
	s.pos += int64(n)
	if err != nil {
		return s.errorf("%w", plain(err))
	}
	return nil
}

// skip goes n bytes on.
func (s *stream) skip(n int64) error {
	if n <= 0 {
		return nil
	}
	have := int64(s.r.Buffered())
	if s.sec != nil && n > have {
		if _, err := s.sec.Seek(n-have, io.SeekCurrent); err != nil {
			return s.errorf("%w", err)
		}
		s.r.Reset(s.sec)
		s.pos += n
		return nil
	}
	m, err := io.CopyN(io.Discard, s.r, n)
	s.pos += m
	if err != nil {
		return s.errorf("%w", plain(err))
	}
	return nil
}

// plain says what an error of reading means.
func plain(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the file is cut off: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, zlib.ErrChecksum), errors.Is(err, zlib.ErrHeader), errors.As(err, &corrupt):
		return fmt.Errorf("the file is damaged: %w", err)
	}
	return err
}

// tag reads a tag. The data must end at byte end or before.
func (s *stream) tag(end int64) (element, error) {
	var b [4]byte
	if err := s.room(8, end); err != nil {
		return element{}, err
	}
	if err := s.full(b[:]); err != nil {
		return element{}, err
	}
	u := s.order.Uint32(b[:])
	if n := int64(u >> 16); n != 0 { // a small element: four bytes of data in the tag
		if n > 4 {
			return element{}, s.errorf("a small data element of %d bytes: the file is damaged", n)
		}
		return element{u & 0xffff, n, 4 - n}, nil
	}
	if err := s.full(b[:]); err != nil {
		return element{}, err
	}
	e := element{typ: u, n: int64(s.order.Uint32(b[:]))}
	if err := s.room(e.n, end); err != nil {
		return element{}, err
	}
	// Some writers leave out the last padding.
	e.pad = min(-e.n&7, end-s.pos-e.n)
	return e, nil
}

// room says whether n bytes are left before byte end.
func (s *stream) room(n, end int64) error {
	if n > end-s.pos {
		return s.errorf("%d bytes are claimed where %d are left: the file is cut off or damaged", n, max(end-s.pos, 0))
	}
	return nil
}

// bytes reads the data of an element of at most most bytes.
func (s *stream) bytes(e element, most int64) ([]byte, error) {
	if e.n > most {
		return nil, s.errorf("%d bytes where at most %d are expected: the file is damaged", e.n, most)
	}
	b := make([]byte, e.n)
	if err := s.full(b); err != nil {
		return nil, err
	}
	return b, s.skip(e.pad)
}

// numbers reads the data of an element as a slice of its own type.
func (s *stream) numbers(e element) (any, error) {
	switch e.typ {
	case miINT8:
		return slice[int8](s, e)
	case miUINT8, miUTF8:
		return slice[uint8](s, e)
	case miINT16:
		return slice[int16](s, e)
	case miUINT16, miUTF16:
		return slice[uint16](s, e)
	case miINT32:
		return slice[int32](s, e)
	case miUINT32, miUTF32:
		return slice[uint32](s, e)
	case miSINGLE:
		return slice[float32](s, e)
	case miDOUBLE:
		return slice[float64](s, e)
	case miINT64:
		return slice[int64](s, e)
	case miUINT64:
		return slice[uint64](s, e)
	}
	return nil, s.errorf("data of type %d where numbers are expected: the file is damaged", e.typ)
}

// slice reads the data of an element straight into their place: nothing is held twice.
func slice[T num.Stored](s *stream, e element) ([]T, error) {
	var zero T
	size := int64(unsafe.Sizeof(zero))
	if e.n%size != 0 {
		return nil, s.errorf("%d bytes of numbers of %d bytes: the file is damaged", e.n, size)
	}
	dst := make([]T, e.n/size)
	b := num.View(dst)
	if err := s.full(b); err != nil {
		return nil, err
	}
	if s.order == binary.ByteOrder(binary.BigEndian) != num.HostBig {
		num.Swap(b, int(size))
	}
	return dst, s.skip(e.pad)
}
