package mat

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
)

// File is an open MAT-file. Several goroutines may read at once.
type File struct {
	Version int    // level of the format, 4 or 5
	Text    string // the header's text, empty in level 4
	name    string
	r       io.ReaderAt
	size    int64
	order   binary.ByteOrder
	entries []entry
	closer  io.Closer
}

// entry is a variable and where it stands.
type entry struct {
	Info
	at     int64 // level 5: of the tag; level 4: of the real numbers
	n      int64 // bytes behind the tag; level 4: of the real numbers
	packed bool
	mopt   int // level 4: the type word
}

// Open opens a MAT-file and reads the names, classes and sizes of its variables. Close it after use. The
// error wraps ErrHDF5 when the file is HDF5.
func Open(path string) (*File, error) {
	o, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open MAT-file: %w", err)
	}
	st, err := o.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a file", path)
	}
	var f *File
	if err == nil {
		f, err = New(path, o, st.Size())
	}
	if err != nil {
		o.Close()
		return nil, err
	}
	f.closer = o
	return f, nil
}

// New is Open for size bytes in r. The name is for errors.
func New(name string, r io.ReaderAt, size int64) (*File, error) {
	f := &File{name: name, r: r, size: size}
	if err := f.detect(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	list := f.list5
	if f.Version == 4 {
		list = f.list4
	}
	if err := list(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Variables returns what the variables are, in the order of the file.
func (f *File) Variables() []Info {
	list := make([]Info, len(f.entries))
	for i, e := range f.entries {
		list[i] = e.Info
	}
	return list
}

const (
	hdf5Magic  = "\x89HDF\r\n\x1a\n"
	headerSize = 128
)

// detect finds out the level and the byte order. The banner is not asked about HDF5: a real file of
// version 7.3 says 7.0.
func (f *File) detect() error {
	for off := int64(0); off+8 <= f.size; off = max(512, off*2) {
		var m [8]byte
		if _, err := f.r.ReadAt(m[:], off); err != nil {
			return err
		}
		if string(m[:]) == hdf5Magic {
			return fmt.Errorf("%w: its signature stands at byte %d", ErrHDF5, off)
		}
		if off > 1<<20 { // no user block is that long
			break
		}
	}
	var h [headerSize]byte
	n, err := f.r.ReadAt(h[:], 0)
	if n < 4 {
		return fmt.Errorf("not a MAT-file: %d bytes", f.size)
	}
	if h[0] == 0 || h[1] == 0 || h[2] == 0 || h[3] == 0 {
		f.Version = 4
		return nil
	}
	if n < headerSize {
		return fmt.Errorf("not a MAT-file: %d bytes are no header: %w", n, plain(err))
	}
	f.Version = 5
	switch string(h[126:]) {
	case "IM":
		f.order = binary.LittleEndian
	case "MI":
		f.order = binary.BigEndian
	default:
		return fmt.Errorf("not a MAT-file: the byte order at byte 126 is %q", h[126:])
	}
	if v := f.order.Uint16(h[124:]); v != 0x0100 {
		return fmt.Errorf("version 0x%04x of the MAT-file format is not known, and no HDF5 signature is there: the file is damaged", v)
	}
	f.Text = strings.TrimRight(string(h[:116]), " \x00")
	return nil
}

// subsystem returns the offset of the element that holds what opaque variables refer to, 0 when there is none.
func (f *File) subsystem() int64 {
	var b [8]byte
	if _, err := f.r.ReadAt(b[:], 116); err != nil {
		return 0
	}
	if u := f.order.Uint64(b[:]); u < uint64(f.size) {
		return int64(u)
	}
	return 0 // blanks mean none
}

// list5 reads the heads of the variables of level 5.
func (f *File) list5() error {
	sub := f.subsystem()
	for at := int64(headerSize); at < f.size; {
		var b [8]byte
		if _, err := f.r.ReadAt(b[:], at); err != nil {
			return fmt.Errorf("byte %d: a variable's tag: %w", at, plain(err))
		}
		typ, n := f.order.Uint32(b[:]), int64(f.order.Uint32(b[4:]))
		if typ != miMATRIX && typ != miCOMPRESSED {
			return fmt.Errorf("byte %d: data of type %d where a variable is expected: the file is damaged", at, typ)
		}
		if n > f.size-at-8 {
			return fmt.Errorf("byte %d: a variable claims %d bytes where %d are left: the file is cut off or damaged", at, n, f.size-at-8)
		}
		e := entry{at: at, n: n, packed: typ == miCOMPRESSED}
		if n > 0 && at != sub {
			s, end, c, err := f.open(e)
			if err != nil {
				return err
			}
			e.Info, err = s.head(end)
			c.Close()
			if err != nil {
				return err
			}
			f.entries = append(f.entries, e)
		}
		at += 8 + n
	}
	return nil
}

const (
	deflateMost = 1032      // DEFLATE makes no more bytes of one
	inflateFree = 256 << 20 // up to here every ratio is believed
	inflateMost = 200       // beyond, only this
)

// open returns a stream behind the tag of the variable's matrix, and where the matrix ends.
func (f *File) open(e entry) (s *stream, end int64, c io.Closer, err error) {
	sec := io.NewSectionReader(f.r, e.at+8, e.n)
	s = &stream{order: f.order, base: e.at + 8}
	if !e.packed {
		s.sec, s.r = sec, bufio.NewReaderSize(sec, int(min(max(e.n, 16), bufferSize)))
		return s, e.n, io.NopCloser(nil), nil
	}
	z, err := zlib.NewReader(bufio.NewReaderSize(sec, int(min(max(e.n, 16), bufferSize))))
	if err != nil {
		return nil, 0, nil, s.errorf("a compressed variable: %w", plain(err))
	}
	s.r = bufio.NewReaderSize(z, int(min(max(e.n, 512), bufferSize)))
	t, err := s.tag(e.n*deflateMost + 64)
	switch {
	case err != nil:
	case t.typ != miMATRIX:
		err = s.errorf("data of type %d where a variable is expected: the file is damaged", t.typ)
	case t.n > inflateFree && t.n/inflateMost > e.n:
		err = s.errorf("%d bytes would become %d, a decompression bomb: save it uncompressed if it is none", e.n, t.n)
	}
	if err != nil {
		z.Close()
		return nil, 0, nil, err
	}
	return s, s.pos + t.n, z, nil
}
