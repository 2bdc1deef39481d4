package npy

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"errors"
	"fmt"
	"io"
)

// source gives streams of an array's bytes.
type source struct {
	at     io.ReaderAt // the bytes as they lie; nil when compressed
	size   int64
	member *zip.File // nil outside archives
}

// stream is a position in an array's bytes.
type stream struct {
	*bufio.Reader
	sec    *io.SectionReader // nil: forward by reading only
	closer io.Closer
	buf    []byte // for the elements at hand
}

const bufferSize = 1 << 16

// open returns a stream at byte off. When check is set the stream's end proves a member's checksum.
func (s *source) open(off int64, check bool) (*stream, error) {
	if s.at != nil && (s.member == nil || !check) {
		sec := io.NewSectionReader(s.at, 0, s.size)
		if _, err := sec.Seek(off, io.SeekStart); err != nil {
			return nil, err
		}
		return &stream{Reader: bufio.NewReaderSize(sec, bufferSize), sec: sec, closer: io.NopCloser(nil)}, nil
	}
	rc, err := s.member.Open()
	if err != nil {
		return nil, err
	}
	st := &stream{Reader: bufio.NewReaderSize(rc, bufferSize), closer: rc}
	if err := st.skip(off); err != nil {
		rc.Close()
		return nil, err
	}
	return st, nil
}

// skip goes n bytes on.
func (s *stream) skip(n int64) error {
	if have := int64(s.Buffered()); s.sec != nil && n > have {
		if _, err := s.sec.Seek(n-have, io.SeekCurrent); err != nil {
			return err
		}
		s.Reset(s.sec)
		return nil
	}
	_, err := io.CopyN(io.Discard, s.Reader, n)
	return plain(err)
}

// full fills b.
func (s *stream) full(b []byte) error {
	_, err := io.ReadFull(s.Reader, b)
	return plain(err)
}

// plain says what an error of reading means.
func plain(err error) error {
	if err == nil {
		return nil
	}
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the bytes end early: the file is cut off: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, zip.ErrChecksum), errors.As(err, &corrupt):
		return fmt.Errorf("the file is damaged: %w", err)
	}
	return err
}

// finish reads to the end of a member, where its checksum is compared.
func (s *stream) finish() error {
	if s.sec != nil {
		return nil
	}
	_, err := io.Copy(io.Discard, s.Reader)
	return plain(err)
}
