package pickle

import (
	"errors"
	"fmt"
	"io"
)

const (
	bufferSize = 1 << 14
	maxLine    = 1 << 16 // numbers, names: strings of protocol 0 are longer
)

// source reads forward from an io.ReaderAt.
type source struct {
	r        io.ReaderAt
	pos, end int64 // absolute
	frameEnd int64 // of the current frame; 0: none
	buf      []byte
	bufAt    int64
}

var errShort = errors.New("the pickle ends early: the file is cut off or damaged")

// need checks that n bytes are left, in the frame too.
func (s *source) need(n uint64) error {
	if n > uint64(s.end-s.pos) {
		return fmt.Errorf("%d bytes are wanted and %d are left: %w", n, s.end-s.pos, errShort)
	}
	if s.frameEnd != 0 {
		if s.pos >= s.frameEnd {
			s.frameEnd = 0
		} else if s.pos+int64(n) > s.frameEnd {
			return fmt.Errorf("%d bytes are wanted and the frame ends after %d: the pickle is damaged", n, s.frameEnd-s.pos)
		}
	}
	return nil
}

// fill makes the buffer begin at pos.
func (s *source) fill() error {
	if s.pos >= s.bufAt && s.pos < s.bufAt+int64(len(s.buf)) {
		return nil
	}
	if s.pos >= s.end {
		return errShort
	}
	s.buf, s.bufAt = s.buf[:min(int64(cap(s.buf)), s.end-s.pos)], s.pos
	n, err := s.r.ReadAt(s.buf, s.pos)
	s.buf = s.buf[:n]
	if n > 0 {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return errShort
	}
	return err
}

func (s *source) byte() (byte, error) {
	if err := s.need(1); err != nil {
		return 0, err
	}
	if err := s.fill(); err != nil {
		return 0, err
	}
	b := s.buf[s.pos-s.bufAt]
	s.pos++
	return b, nil
}

// bytes reads n bytes into memory of their own.
func (s *source) bytes(n uint64) ([]byte, error) {
	if err := s.need(n); err != nil {
		return nil, err
	}
	if n > bufferSize { // the end may be a claim: see that the last byte is there
		var last [1]byte
		if k, err := s.r.ReadAt(last[:], s.pos+int64(n)-1); k < 1 {
			if err == nil || errors.Is(err, io.EOF) {
				err = errShort
			}
			return nil, err
		}
	}
	dst := make([]byte, n)
	for got := 0; got < len(dst); {
		if n > bufferSize {
			k, err := s.r.ReadAt(dst[got:], s.pos)
			got += k
			s.pos += int64(k)
			if got < len(dst) {
				if err == nil || errors.Is(err, io.EOF) {
					err = errShort
				}
				return nil, err
			}
			break
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
		k := copy(dst[got:], s.buf[s.pos-s.bufAt:])
		got += k
		s.pos += int64(k)
	}
	return dst, nil
}

// uint reads a little-endian number of n ≤ 8 bytes.
func (s *source) uint(n int) (uint64, error) {
	if err := s.need(uint64(n)); err != nil {
		return 0, err
	}
	var x uint64
	for i := range n {
		b, err := s.byte()
		if err != nil {
			return 0, err
		}
		x |= uint64(b) << (8 * i)
	}
	return x, nil
}

// line reads to the next line feed, which it leaves off. Long lines are for strings only.
func (s *source) line(long bool) (string, error) {
	var out []byte
	for {
		if err := s.need(1); err != nil {
			return "", fmt.Errorf("no line feed: %w", err)
		}
		if err := s.fill(); err != nil {
			return "", err
		}
		rest := s.buf[s.pos-s.bufAt:]
		for i, b := range rest {
			if b == '\n' {
				s.pos += int64(i) + 1
				return string(append(out, rest[:i]...)), nil
			}
		}
		s.pos += int64(len(rest))
		out = append(out, rest...)
		if !long && len(out) > maxLine {
			return "", fmt.Errorf("a line of more than %d bytes: the pickle is damaged", maxLine)
		}
	}
}
